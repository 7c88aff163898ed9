// <mention-box> around a <textarea> and a hidden [role=listbox] of people: after @ it offers those whose name, or
// the data-handle of their address, begins with what follows. Without it an @ and the name do the same.
import { fold } from "../lib/fold.js";
import { isComposing } from "../lib/keys.js";

const BEGUN = /(?:^|[^\p{L}\p{N}_./])[@＠]([^\s@＠]{0,20})$/u;

customElements.define("mention-box", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.text = this.querySelector("textarea");
    this.list = this.querySelector("[role=listbox]");
    if (!this.text || !this.list) return;
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-controls", this.list.id);
    this.text.addEventListener("input", (event) => { if (!event.isComposing) this.offer(); }, { signal });
    this.text.addEventListener("compositionend", () => this.offer(), { signal });
    this.text.addEventListener("keydown", (event) => this.press(event), { signal });
    this.text.addEventListener("blur", () => this.close(), { signal });
    // The focus stays in the text.
    this.list.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")), { signal });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  offer() {
    const begun = this.begun();
    if (begun === null) return this.close();
    for (const option of this.options()) option.hidden = !startsSo(option, fold(begun));
    const [first] = this.offered();
    this.list.hidden = !first;
    this.mark(first);
  }

  press(event) {
    if (this.list.hidden || isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { ArrowDown: () => this.walk(1), ArrowUp: () => this.walk(-1), Enter: () => this.choose(this.marked()), Tab: () => this.choose(this.marked()), Escape: () => this.close() }[event.key];
    if (!act || (event.shiftKey && event.key === "Tab")) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  walk(step) {
    const offered = this.offered();
    const here = offered.indexOf(this.marked());
    this.mark(offered[(here + step + offered.length) % offered.length]);
  }

  choose(option) {
    const begun = this.begun();
    if (!option || begun === null) return this.close();
    const end = this.text.selectionStart;
    this.text.setRangeText(`${option.dataset.name} `, end - begun.length, end, "end");
    this.close();
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.mark(null);
  }

  // What was typed after the @ before the cursor; null when there is none.
  begun() {
    const { selectionStart, selectionEnd, value } = this.text;
    if (selectionStart !== selectionEnd) return null;
    return BEGUN.exec(value.slice(0, selectionStart))?.[1] ?? null;
  }

  mark(option) {
    for (const each of this.options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      this.text.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.text.removeAttribute("aria-activedescendant");
    }
  }

  marked() {
    return this.options().find((option) => option.getAttribute("aria-selected") === "true");
  }

  offered() {
    return this.options().filter((option) => !option.hidden);
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }
});

function startsSo(option, begun) {
  const name = fold(option.dataset.name);
  const beginnings = [name, name.replace(/\s+/g, ""), ...name.split(/\s+/), fold(option.dataset.handle)];
  return beginnings.some((beginning) => beginning.startsWith(begun));
}
