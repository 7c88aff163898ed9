// <auto-grow> around a <textarea> lets it grow with its text, where CSS field-sizing cannot do it yet.
customElements.define("auto-grow", class extends HTMLElement {
  connectedCallback() {
    if (CSS.supports("field-sizing", "content")) return;
    this.addEventListener("input", this.grow);
    this.grow();
  }

  grow() {
    const text = this.querySelector("textarea");
    if (!text) return;
    text.style.blockSize = "auto";
    text.style.blockSize = `${text.scrollHeight + 2}px`;
  }
});
