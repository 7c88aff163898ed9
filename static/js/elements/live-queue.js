// <live-queue data-events-url="…" data-updated-label="Updated"> listens while its tab is looked at. The stream says
// {"paths": ["/desk/tickets/1042/", …]}, or {"presence": […]} when somebody came or went there; a row is matched by its link. Rows never move under the pointer: a changed row
// gets a mark, and when the list itself has changed, its hidden button offers the new one (its own hx-get fetches it).
// [data-etag] inside is the list as shown; [data-poll-url] answers 304 while it is still that.
import { Following } from "../lib/following.js";

const GATHER_MS = 400;

customElements.define("live-queue", class extends Following {
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

  // Once something is on offer there is nothing more to ask.
  async ask() {
    const list = this.querySelector("[data-etag]");
    const button = this.querySelector(".live-queue__refresh");
    if (!list || !button?.hidden) return;
    const answer = await this.fetch(list);
    if (answer?.ok && !answer.redirected && answer.headers.get("ETag") !== list.dataset.etag) button.hidden = false;
  }
});
