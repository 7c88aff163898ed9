// A dialog in which something is typed and chosen: components/choices.html inside a custom element that extends this.
// It says what choosing does: choose(option). Results come from the server; what was typed before is not chosen from.
import { isComposing } from "./keys.js";

export class ChoiceDialog extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.dialog = this.querySelector("dialog");
    this.box = this.dialog.querySelector("[role=combobox]");
    this.list = this.dialog.querySelector("[role=listbox]");
    this.empty = this.dialog.querySelector("[data-empty]");
    this.box.addEventListener("input", (event) => { if (!event.isComposing) this.look(); }, { signal });
    this.box.addEventListener("compositionend", () => this.look(), { signal });
    this.box.addEventListener("keydown", (event) => this.press(event), { signal });
    this.list.addEventListener("htmx:afterSwap", (event) => this.answer(event.detail), { signal });
    this.list.addEventListener("click", (event) => this.click(event), { signal });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  open(words = "") {
    if (document.querySelector("dialog[open]")) return;
    this.box.value = words;
    this.dialog.showModal();
    this.box.focus();
    this.look();
  }

  look() {
    this.isLooking = true;
    this.box.dispatchEvent(new Event("look"));
  }

  // Of what was typed fast, the last is asked for when the answer before is there.
  answer({ requestConfig }) {
    this.isLooking = requestConfig.parameters.q !== this.box.value;
    this.show();
    if (this.isLooking || !this.isWanted) return;
    this.isWanted = false;
    this.pick(this.marked());
  }

  show() {
    const [first] = this.options();
    this.empty.textContent = first ? "" : this.empty.dataset.empty;
    this.mark(first);
  }

  press(event) {
    if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { ArrowDown: () => this.walk(1), ArrowUp: () => this.walk(-1), Enter: () => this.enter() }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // Whoever is faster than the answer gets the first of it.
  enter() {
    if (this.isLooking) this.isWanted = true;
    else this.pick(this.marked());
  }

  click(event) {
    const option = event.target.closest("[role=option]");
    if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.pick(option);
  }

  pick(option) {
    if (!option) return;
    this.dialog.close();
    this.choose(option);
  }

  walk(step) {
    const options = this.options();
    const here = options.indexOf(this.marked());
    this.mark(options[(here + step + options.length) % options.length]);
  }

  mark(option) {
    for (const each of this.options()) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      this.box.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.box.removeAttribute("aria-activedescendant");
    }
  }

  marked() {
    return this.options().find((option) => option.getAttribute("aria-selected") === "true");
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }
}
