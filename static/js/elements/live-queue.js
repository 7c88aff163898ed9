// <live-queue data-events-url="…" data-updated-label="Updated"> listens while its tab is looked at. The stream says
// {"paths": ["/desk/tickets/1042/", …]}, or {"presence": […]} when somebody came or went there; a row is matched by its link. Rows never move under the pointer: a changed row
// gets a mark, and when the list itself has changed, its hidden button offers the new one (its own hx-get fetches it).
// [data-etag] inside is the list as shown; [data-poll-url] answers 304 while it is still that.
const POLL_MS = 15_000;
const RETRY_MS = 60_000;
const GATHER_MS = 400;

customElements.define("live-queue", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    document.addEventListener("visibilitychange", () => this.follow(true), { signal: this.life.signal });
    this.follow();
  }

  disconnectedCallback() {
    this.life.abort();
    this.rest();
  }

  follow(wasAway = false) {
    if (document.hidden) return this.rest();
    this.listen();
    if (wasAway) this.ask();
  }

  rest() {
    this.stream?.close();
    this.stream = null;
    clearTimeout(this.retry);
    clearTimeout(this.asked);
    clearInterval(this.polling);
    this.polling = 0;
  }

  listen() {
    if (this.stream) return;
    if (!this.dataset.eventsUrl) return this.poll();
    this.stream = new EventSource(this.dataset.eventsUrl, { withCredentials: true });
    this.stream.onopen = () => this.resume();
    this.stream.onerror = () => this.recover();
    this.stream.onmessage = (event) => this.tell(changeIn(event.data));
  }

  resume() {
    clearInterval(this.polling);
    this.polling = 0;
  }

  // The browser reconnects by itself, unless the server has refused.
  recover() {
    this.poll();
    if (this.stream?.readyState !== EventSource.CLOSED) return;
    this.stream = null;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.follow(), RETRY_MS);
  }

  // Who came or went changes no row: that is the business of <row-presence>.
  tell({ paths, presence }) {
    if (presence) document.dispatchEvent(new CustomEvent("presence", { detail: presence }));
    if (paths) this.hear(paths);
  }

  hear(paths) {
    paths.forEach((path) => this.mark(path));
    clearTimeout(this.asked);
    this.asked = setTimeout(() => this.ask(), GATHER_MS);
  }

  mark(path) {
    const link = CSS.escape(path);
    const row = this.querySelector(`a[href="${link}"], a[href^="${link}?"]`)?.closest("li");
    if (!row || "updated" in row.dataset) return;
    const pill = document.createElement("span");
    pill.className = "pill pill--updated";
    pill.textContent = this.dataset.updatedLabel;
    row.dataset.updated = "";
    (row.querySelector("[data-updates]") ?? row).prepend(pill);
  }

  poll() {
    this.polling ||= setInterval(() => this.ask(), POLL_MS);
  }

  // Once something is on offer there is nothing more to ask.
  async ask() {
    const list = this.querySelector("[data-etag]");
    const button = this.querySelector(".live-queue__refresh");
    if (!list || !button?.hidden) return;
    const headers = { "HX-Request": "true", "If-None-Match": list.dataset.etag };
    const answer = await fetch(list.dataset.pollUrl, { headers, cache: "no-store", signal: this.life.signal }).catch(() => null);
    if (answer?.ok && !answer.redirected && answer.headers.get("ETag") !== list.dataset.etag) button.hidden = false;
  }
});

function changeIn(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}
