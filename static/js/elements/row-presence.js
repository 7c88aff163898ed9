// <row-presence data-url="…"> around rows with a link [data-hotkey-item] and a [data-updates] each shows there who is at
// which ticket. It asks when it appears, when a "presence" event of the document names one of its rows, and when somebody
// may have gone; and every 15 seconds, for whoever has no stream.
import { showPresence } from "../lib/presence.js";

const POLL_MS = 15_000;
const GATHER_MS = 300;

customElements.define("row-presence", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    document.addEventListener("presence", (event) => this.hear(event.detail), { signal });
    document.addEventListener("visibilitychange", () => this.ask(), { signal });
    this.polling = setInterval(() => this.ask(), POLL_MS);
    this.ask();
  }

  disconnectedCallback() {
    this.life.abort();
    clearInterval(this.polling);
    clearTimeout(this.gathering);
    clearTimeout(this.expiry);
  }

  places() {
    const rows = [...this.querySelectorAll("li:has([data-hotkey-item])")];
    return new Map(rows.map((row) => [row.querySelector("[data-hotkey-item]").pathname, row]));
  }

  hear(paths) {
    const places = this.places();
    if (!paths.some((path) => places.has(path))) return;
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => this.ask(), GATHER_MS);
  }

  async ask() {
    const places = this.places();
    if (document.hidden || !places.size) return;
    const query = new URLSearchParams([...places.keys()].map((path) => ["number", path.match(/(\d+)\/$/)?.[1] ?? ""]));
    const asked = this.asked = Symbol("asked");
    const answer = await fetch(`${this.dataset.url}?${query}`, { cache: "no-store", redirect: "error", signal: this.life.signal }).catch(() => null);
    if (!answer?.ok) return;
    const there = await answer.json();
    // What was asked later knows better.
    if (asked !== this.asked) return;
    places.forEach((row, path) => this.show(row, there[path]));
    const soonest = Math.min(...Object.values(there).map((each) => each.seconds));
    clearTimeout(this.expiry);
    if (Number.isFinite(soonest)) this.expiry = setTimeout(() => this.ask(), soonest * 1000);
  }

  show(row, there) {
    const pill = row.querySelector(".presence") ?? (there && newPill(row));
    if (pill) showPresence(pill, there);
  }
});

function newPill(row) {
  const pill = document.createElement("span");
  pill.className = "pill presence";
  const words = document.createElement("span");
  words.dataset.words = "";
  pill.append(words);
  row.querySelector("[data-updates]").prepend(pill);
  return pill;
}
