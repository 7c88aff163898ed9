// <article-suggestions> shows below the subject which articles may answer it. It never takes the focus.
const PAUSE = 600;
const SHORTEST = 4;

customElements.define("article-suggestions", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.form.elements.subject.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE);
    });
  }

  async ask() {
    const text = this.form.elements.subject.value.trim();
    if (text.length < SHORTEST || text === this.asked) return;
    this.asked = text;
    const answer = await fetch(`${this.dataset.url}?${new URLSearchParams({ q: text })}`).catch(() => null);
    if (!answer?.ok || text !== this.asked) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    // What was typed stays where it is.
    for (const link of part.links) {
      link.target = "_blank";
      const told = document.createElement("span");
      told.className = "visually-hidden";
      told.textContent = ` ${this.dataset.opens}`;
      link.append(told);
    }
    this.replaceChildren(...part.body.children);
  }
});
