// <live-part data-events-url="…" data-poll-ms="15000"> keeps its [data-etag] current by itself: after a change that the
// stream tells of, and from time to time, since numbers change with the clock, too. [data-poll-url] answers 304 while
// nothing has. Only the children that differ are replaced, so whoever reads, scrolls or tabs there stays where they are.
// Three questions without an answer: [data-stale], and the page says that it is no longer current.
import { Following } from "../lib/following.js";

const GATHER_MS = 2_000;
const PATIENCE = 3;

customElements.define("live-part", class extends Following {
  failures = 0;

  follow(wasAway) {
    super.follow(wasAway);
    if (!document.hidden) this.poll();
  }

  // Not put off by the next change: on a busy desk there is always one.
  tell({ paths }) {
    if (paths) this.asked ||= setTimeout(() => this.ask(), GATHER_MS);
  }

  // The clock goes on while the stream is silent.
  resume() {}

  async ask() {
    clearTimeout(this.asked);
    this.asked = 0;
    const part = this.querySelector("[data-etag]");
    if (!part) return;
    const answer = await this.fetch(part);
    if (this.life.signal.aborted) return;
    const isCurrent = answer?.status === 304 || (answer?.ok && !answer.redirected);
    this.failures = isCurrent ? 0 : this.failures + 1;
    this.toggleAttribute("data-stale", this.failures >= PATIENCE);
    if (isCurrent && answer.status !== 304) this.show(part, await answer.text());
  }

  show(part, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-etag]");
    if (!fresh) return;
    // It is at its end: nothing changes any more, and the page has more to say.
    if ("isOver" in fresh.dataset) return location.reload();
    replaceDifferent(part, fresh);
    part.dataset.etag = fresh.dataset.etag;
  }
});

// What has the same shape is looked at child by child; an element that differs itself is replaced.
function replaceDifferent(old, fresh) {
  keepOpen(old, fresh);
  if (old.isEqualNode(fresh)) return;
  const pairs = [...old.children].map((child, index) => [child, fresh.children[index]]);
  const isSame = old.childElementCount && old.childElementCount === fresh.childElementCount && pairs.every(([one, other]) => one.tagName === other.tagName && one.id === other.id);
  if (isSame && (old.dataset.etag || "live" in old.dataset)) return pairs.forEach(([one, other]) => replaceDifferent(one, other));
  replace(old, fresh);
}

function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const tops = [old, ...old.querySelectorAll("[id]")].filter((each) => each.id && each.scrollTop).map((each) => [each.id, each.scrollTop]);
  old.replaceWith(document.adoptNode(fresh));
  tops.forEach(([id, top]) => { document.getElementById(id)?.scrollTo(0, top); });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function keepOpen(old, fresh) {
  old.querySelectorAll("details[id]").forEach((details) => {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = details.open;
  });
}
