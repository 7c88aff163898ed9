// <undo-send data-until="ISO" data-now="ISO"> around the form that takes a reply back: it counts the seconds down for
// the eye (a screen reader hears once that it was sent) and takes the button away when the reply has left.
// data-now is the server's clock at rendering.
customElements.define("undo-send", class extends HTMLElement {
  connectedCallback() {
    this.leavesAt = Date.now() + Date.parse(this.dataset.until) - Date.parse(this.dataset.now);
    this.ticker = setInterval(() => this.count(), 500);
    this.count();
  }

  disconnectedCallback() {
    clearInterval(this.ticker);
  }

  count() {
    const left = Math.ceil((this.leavesAt - Date.now()) / 1000);
    const place = this.querySelector(".undo-send__seconds");
    if (place) place.textContent = left > 0 ? left : "";
    if (left > 0) return;
    clearInterval(this.ticker);
    const button = this.querySelector("button");
    if (button === document.activeElement) document.getElementById("main")?.focus();
    button?.remove();
  }
});
