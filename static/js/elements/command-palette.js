// <command-palette>: Ctrl+K or ⌘+K opens it. It finds what has a key on this page, and what the server knows.
import { ChoiceDialog } from "../lib/choosing.js";
import { fold } from "../lib/fold.js";
import { isComposing } from "../lib/keys.js";
import { wordsOf } from "./hot-keys.js";

const ON_MAC = /^Mac/.test(navigator.platform);
const MOST = 8;

customElements.define("command-palette", class extends ChoiceDialog {
  connectedCallback() {
    super.connectedCallback();
    const { signal } = this.life;
    document.addEventListener("keydown", (event) => this.call(event), { signal });
    // For those without a keyboard; without scripts there is nothing to open.
    for (const button of document.querySelectorAll("[data-opens-palette]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.openFrom(button), { signal });
    }
  }

  openFrom(button) {
    button.closest("details").open = false;
    this.open();
  }

  call(event) {
    const { key, code, altKey, shiftKey, ctrlKey, metaKey } = event;
    // On a Mac, Ctrl+K belongs to the text.
    const isIt = (key.toLowerCase() === "k" || code === "KeyK") && (ON_MAC ? metaKey : ctrlKey);
    if (!isIt || altKey || shiftKey || isComposing(event)) return;
    event.preventDefault();
    this.open();
  }

  show() {
    this.list.querySelector("[data-actions]")?.remove();
    this.targets = this.found();
    if (this.targets.length) this.list.prepend(this.group());
    super.show();
  }

  found() {
    const words = fold(this.box.value).split(/\s+/);
    const targets = document.querySelector("hot-keys").targets();
    return targets.filter((each) => words.every((word) => fold(wordsOf(each)).includes(word))).slice(0, MOST);
  }

  group() {
    const group = this.querySelector("template").content.firstElementChild.cloneNode(true);
    group.append(...this.targets.map(optionOf));
    return group;
  }

  choose(option) {
    const picker = document.querySelector("macro-picker");
    const { action, macro } = option.dataset;
    if (action) document.querySelector("hot-keys").use(this.targets[action]);
    else if (macro && picker) picker.open(macro);
    else location.assign(option.href);
  }
});

function optionOf(target, number) {
  const option = document.createElement("div");
  const key = document.createElement("kbd");
  option.id = `action_${number}`;
  option.role = "option";
  option.className = "choices__option";
  option.dataset.action = number;
  key.className = "kbd";
  key.textContent = target.dataset.hotkey;
  option.append(`${wordsOf(target)} `, key);
  return option;
}
