// <macro-picker> in a .reply-box: its [data-opens] link opens the list over the page, with what the marked macro says
// beside it. The chosen one goes to the cursor; how it ends, its promise and its changes go into the form.
import { ChoiceDialog } from "../lib/choosing.js";

customElements.define("macro-picker", class extends ChoiceDialog {
  connectedCallback() {
    super.connectedCallback();
    this.preview = this.querySelector("[data-preview]");
    this.addEventListener("click", (event) => this.follow(event), { signal: this.life.signal });
  }

  follow(event) {
    if (!event.target.closest("[data-opens]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open();
  }

  mark(option) {
    super.mark(option);
    const text = document.createElement("p");
    text.textContent = option ? textOf(option) : "";
    this.preview.replaceChildren(text, option ? copyOf(option, "about") : "");
  }

  choose(option) {
    const panels = this.closest(".reply-box").querySelectorAll(".reply-box__panel");
    const panel = [...panels].find((each) => each.checkVisibility());
    const text = panel.querySelector("textarea");
    const line = copyOf(option, "line");
    text.focus();
    text.setRangeText(textOf(option), text.selectionStart, text.selectionEnd, "end");
    if (option.dataset.ending) endWith(panel, option.dataset.ending);
    if (option.dataset.promise) promise(panel, option.dataset);
    const value = line?.querySelector("input").value;
    if (line && !panel.querySelector(`[name=macro][value="${value}"]`)) panel.querySelector("[data-macros]")?.append(line);
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

function textOf(option) {
  return option.querySelector("[data-text]").content.textContent;
}

function copyOf(option, name) {
  return option.querySelector(`[data-${name}]`)?.content.cloneNode(true);
}

function endWith(panel, ending) {
  for (const button of panel.querySelectorAll("[name=outcome]:not([aria-hidden])")) {
    const isIt = button.value === ending;
    button.classList.toggle("button--primary", isIt);
    button.toggleAttribute("data-send", isIt);
  }
}

function promise(panel, { promise, wall }) {
  const offered = [...panel.querySelectorAll("[name=promise]")];
  const other = panel.querySelector("[name=promise_other]");
  const radio = offered.find((each) => each.value === promise) ?? offered.find((each) => each.value === "free");
  if (!radio) return;
  radio.checked = true;
  if (radio.value === "free") other.value = wall;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
}
