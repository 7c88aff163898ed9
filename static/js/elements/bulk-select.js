// <bulk-select> around a list with its bar: Shift+click ticks a range, the bar's box ticks the page, and the bar counts.
// Without it the boxes are a plain form.
customElements.define("bulk-select", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.page = this.querySelector("[data-page]");
    if (this.page) this.page.hidden = false;
    this.addEventListener("click", (event) => this.stretch(event), { signal });
    this.addEventListener("change", (event) => this.follow(event), { signal });
    this.addEventListener("reset", () => setTimeout(() => this.count()), { signal });
    this.count();
  }

  disconnectedCallback() {
    this.life.abort();
  }

  boxes() {
    return [...this.querySelectorAll("input[name=ticket]")];
  }

  stretch(event) {
    const box = event.target;
    if (!box.matches("input[name=ticket]")) return;
    const boxes = this.boxes();
    const [from, to] = [boxes.indexOf(this.last ?? box), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    this.last = box;
  }

  follow(event) {
    if (event.target.closest("[data-page]")) this.boxes().forEach((box) => { box.checked = event.target.checked; });
    this.count();
  }

  count() {
    const boxes = this.boxes();
    const ticked = boxes.filter((box) => box.checked).length;
    const words = this.querySelector("output");
    if (words) words.textContent = ticked ? words.dataset.words.replace("{number}", ticked) : "";
    const page = this.page?.querySelector("input");
    if (!page) return;
    page.checked = ticked > 0 && ticked === boxes.length;
    page.indeterminate = ticked > 0 && ticked < boxes.length;
  }
});
