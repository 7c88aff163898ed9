// <send-keys> around a form: Ctrl+Enter or ⌘+Enter sends it, Enter alone never does (it confirms a conversion).
import { isComposing } from "../lib/keys.js";

customElements.define("send-keys", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", this.press);
  }

  press(event) {
    if (event.key !== "Enter" || isComposing(event)) return;
    const form = event.target.closest("form");
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      if (!event.repeat) form?.requestSubmit(form.querySelector("[data-send]"));
    } else if (event.target.matches("input")) {
      event.preventDefault();
    }
  }
});
