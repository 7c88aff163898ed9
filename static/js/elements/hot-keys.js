// <hot-keys> gives keys to the page; data-off switches them off. Any element takes part by attributes:
//   data-hotkey="r"            pressing r clicks it, or focuses it when it is a text field
//   data-hotkey-focus="#id"    … and then moves the focus there
//   data-hotkey-label="…"      its line in the list of keys, when its own text will not do
//   data-hotkey-list           j and k walk its [data-hotkey-item] links, x ticks the box of the current row;
//                              without a list they are keys like any other
// "?" opens the <dialog> inside the element and fills its [data-hotkey-keys] list.
import { commandKey, isTyping } from "../lib/keys.js";

customElements.define("hot-keys", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    document.addEventListener("keydown", (event) => this.press(event), { signal: this.life.signal });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  press(event) {
    const key = commandKey(event);
    if (key && this.run(key)) event.preventDefault();
  }

  run(key) {
    if (key === "?") return this.openList();
    if ((key === "j" || key === "k") && this.items().length) return this.walk(key === "j" ? 1 : -1);
    if (key === "x") return this.tick();
    const target = this.targets().find((element) => element.dataset.hotkey === key);
    if (target) this.use(target);
    return Boolean(target);
  }

  targets() {
    return [...document.querySelectorAll("[data-hotkey]")].filter((element) => element.checkVisibility());
  }

  use(target) {
    if (isTyping(target)) target.focus();
    else target.click();
    if (target.dataset.hotkeyFocus) document.querySelector(target.dataset.hotkeyFocus)?.focus();
  }

  items() {
    return [...document.querySelectorAll("[data-hotkey-list] [data-hotkey-item]")];
  }

  walk(step) {
    const items = this.items();
    // Whoever comes back from a ticket goes on from its row.
    const row = document.activeElement?.closest("li") ?? document.querySelector("[data-hotkey-list] > :target");
    const here = items.findIndex((item) => item === document.activeElement || row?.contains(item));
    const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), items.length - 1);
    items[next].focus();
    items[next].closest("li")?.scrollIntoView({ block: "nearest" });
    return true;
  }

  tick() {
    const box = document.activeElement?.closest("[data-hotkey-list] li")?.querySelector("input[type=checkbox]");
    box?.click();
    return Boolean(box);
  }

  openList() {
    const dialog = this.querySelector("dialog");
    const list = dialog?.querySelector("[data-hotkey-keys]");
    if (!list) return false;
    list.querySelectorAll("[data-found]").forEach((line) => line.remove());
    list.append(...this.targets().map(keyLine));
    dialog.showModal();
    return true;
  }
});

function keyLine(element) {
  const line = document.createElement("div");
  const what = document.createElement("dt");
  const how = document.createElement("dd");
  const key = document.createElement("kbd");
  line.dataset.found = "";
  what.textContent = wordsOf(element);
  key.className = "kbd";
  key.textContent = element.dataset.hotkey;
  how.append(key);
  line.append(what, how);
  return line;
}

export function wordsOf(element) {
  const said = element.dataset.hotkeyLabel || element.getAttribute("aria-label");
  if (said) return said;
  const copy = (element.labels?.[0] ?? element).cloneNode(true);
  copy.querySelectorAll("kbd").forEach((key) => key.remove());
  return copy.textContent.trim();
}
