// <topic-questions> asks what belongs to the chosen topic as soon as it is chosen. Without it, a button does.
customElements.define("topic-questions", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("[name=step]")?.parentElement.remove();
    this.form = this.closest("form");
    this.form.addEventListener("change", (event) => event.target.tagName === "SELECT" && this.ask());
  }

  async ask() {
    const said = new URLSearchParams([...this.form.querySelectorAll("select")].map((each) => [each.name, each.value]));
    const answer = await fetch(`${this.dataset.url}?${said}`).catch(() => null);
    if (!answer?.ok) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!part.querySelector("[name=asked]")) return;
    for (const control of part.querySelectorAll("input:not([type=hidden]), select")) {
      control.value = this.form.elements[control.name]?.value ?? control.value;
    }
    const focused = document.activeElement?.id;
    this.querySelector("#questions").replaceChildren(...part.body.children);
    if (focused) document.getElementById(focused)?.focus();
  }
});
