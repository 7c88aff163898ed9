// <due-time data-at="ISO" data-now="ISO" data-soon="60" class="due due--later"> keeps its words and state current.
// data-now is the server's clock at rendering: a wrong clock in the browser must not move a promise.
import { dueState, timeLeft } from "../lib/format.js";

const TICK_MS = 15_000;
const shown = new Set();
let ticker = 0;

document.addEventListener("visibilitychange", () => { if (!document.hidden) refreshAll(); });

customElements.define("due-time", class extends HTMLElement {
  connectedCallback() {
    this.skew = this.dataset.now ? Date.parse(this.dataset.now) - Date.now() : 0;
    shown.add(this);
    ticker ||= setInterval(refreshAll, TICK_MS);
    this.refresh();
  }

  disconnectedCallback() {
    shown.delete(this);
    if (shown.size) return;
    clearInterval(ticker);
    ticker = 0;
  }

  refresh() {
    const due = Date.parse(this.dataset.at);
    const now = Date.now() + this.skew;
    this.say(timeLeft(due, now, document.documentElement.lang));
    this.show(dueState(due, now, Number(this.dataset.soon || 60)));
  }

  say(words) {
    const place = this.querySelector(".due__words");
    if (place && place.textContent !== words) place.textContent = words;
  }

  show(state) {
    if (this.classList.contains(`due--${state}`)) return;
    this.classList.remove("due--later", "due--soon", "due--late");
    this.classList.add(`due--${state}`);
    const picture = document.getElementById("due-icons")?.content.querySelector(`[data-state="${state}"] svg`);
    if (picture) this.querySelector("svg")?.replaceWith(picture.cloneNode(true));
  }
});

function refreshAll() {
  if (!document.hidden) shown.forEach((element) => element.refresh());
}
