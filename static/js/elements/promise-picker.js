// <promise-picker>: keys 1-4 choose a promise, and the sentence the customer will read follows the choice.
// Each radio carries data-key and data-sentence; the free one says {when} where its date goes, in the words of
// data-language (the customer's; default the page's).
import { formatWall } from "../lib/format.js";
import { commandKey } from "../lib/keys.js";

customElements.define("promise-picker", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    document.addEventListener("keydown", (event) => this.press(event), { signal });
    this.addEventListener("input", () => this.preview(), { signal });
    this.preview();
  }

  disconnectedCallback() {
    this.life.abort();
  }

  press(event) {
    const key = commandKey(event);
    const choice = key && this.querySelector(`[type=radio][data-key="${CSS.escape(key)}"]`);
    if (!choice || !this.parentElement.checkVisibility()) return;
    event.preventDefault();
    choice.checked = true;
    this.preview();
    this.closest(".reply-box")?.classList.add("reply-box--open");
    const free = choice.value === "free" && this.querySelector("[type=datetime-local]");
    (free || choice).focus();
  }

  preview() {
    const place = this.querySelector("output");
    if (!place) return;
    const sentence = this.querySelector("[type=radio]:checked")?.dataset.sentence ?? "";
    const when = formatWall(this.querySelector("[type=datetime-local]")?.value ?? "", this.dataset.language || document.documentElement.lang);
    const words = sentence.includes("{when}") ? when && sentence.replace("{when}", when) : sentence;
    place.textContent = words;
  }
});
