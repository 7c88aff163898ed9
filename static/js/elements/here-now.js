// <here-now data-url="…" data-path="/desk/tickets/1042/" data-events-url="…"> says every ten seconds that somebody looks at
// this ticket, or writes on it (in a .reply-box__text), while its tab is looked at; its <output> tells who else is there.
import { showPresence } from "../lib/presence.js";

const BEAT_MS = 10_000;
const WRITING_MS = 15_000;

customElements.define("here-now", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.wroteAt = -Infinity;
    document.addEventListener("visibilitychange", () => this.turn(), { signal });
    document.addEventListener("input", (event) => this.hearWriting(event), { signal });
    addEventListener("pagehide", () => this.leave(), { signal });
    this.turn();
  }

  disconnectedCallback() {
    this.life.abort();
    this.leave();
  }

  turn() {
    if (document.hidden) return this.leave();
    this.listen();
    clearInterval(this.beating);
    this.beating = setInterval(() => this.beat(), BEAT_MS);
    this.beat();
  }

  leave() {
    clearInterval(this.beating);
    clearTimeout(this.gathering);
    clearTimeout(this.expiry);
    this.stream?.close();
    this.stream = null;
    navigator.sendBeacon(this.dataset.url, this.fields("left"));
  }

  listen() {
    if (this.stream || !this.dataset.eventsUrl) return;
    this.stream = new EventSource(this.dataset.eventsUrl, { withCredentials: true });
    this.stream.onmessage = (event) => { if (event.data.includes(`"presence": ["${this.dataset.path}"]`)) this.soon(); };
  }

  // Several came at once, or it was this page itself.
  soon() {
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => this.beat(), 200);
  }

  isWriting() {
    return performance.now() - this.wroteAt < WRITING_MS;
  }

  hearWriting(event) {
    if (!event.target.matches(".reply-box__text")) return;
    const isNews = !this.isWriting();
    this.wroteAt = performance.now();
    if (isNews) this.beat();
  }

  async beat() {
    const body = this.fields(this.isWriting() ? "writing" : "viewing");
    const asked = this.asked = Symbol("asked");
    const answer = await fetch(this.dataset.url, { method: "POST", body, redirect: "error", signal: this.life.signal }).catch(() => null);
    if (!answer?.ok) return;
    const there = await answer.json();
    // What was asked later knows better.
    if (document.hidden || asked !== this.asked) return;
    showPresence(this.querySelector("output"), there);
    clearTimeout(this.expiry);
    if (there.words) this.expiry = setTimeout(() => this.beat(), there.seconds * 1000);
  }

  fields(state) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("state", state);
    return body;
  }
});
