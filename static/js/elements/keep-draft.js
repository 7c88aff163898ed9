// <keep-draft data-url="…" data-kind="reply"> around a form saves its text a second after the last key, and at once
// when the page is left. Its <output> says so in the words of data-saved and data-failed.
const PAUSE_MS = 1000;

customElements.define("keep-draft", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.text = this.querySelector("textarea");
    this.kept = this.text?.value ?? "";
    this.addEventListener("input", () => this.wait(), { signal });
    this.addEventListener("submit", () => this.rest(), { signal });
    addEventListener("pagehide", () => this.save(), { signal });
  }

  disconnectedCallback() {
    this.rest();
    this.life.abort();
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  // What is being sent is no draft any more.
  rest() {
    clearTimeout(this.timer);
    this.saving?.abort();
    this.kept = this.text?.value ?? "";
  }

  async save() {
    clearTimeout(this.timer);
    const body = this.text?.value ?? "";
    if (body === this.kept) return;
    this.saving?.abort();
    this.saving = new AbortController();
    const form = new FormData(this.querySelector("form"));
    const draft = new FormData();
    for (const name of ["csrfmiddlewaretoken", "submission_key", "body"]) draft.set(name, form.get(name));
    for (const macro of form.getAll("macro")) draft.append("macro", macro);
    draft.set("kind", this.dataset.kind);
    try {
      const answer = await fetch(this.dataset.url, { method: "POST", body: draft, keepalive: body.length < 20_000, redirect: "error", signal: this.saving.signal });
      if (answer.ok) this.kept = body;
      this.say(answer.ok ? this.dataset.saved : this.dataset.failed);
    } catch (error) {
      if (error.name !== "AbortError") this.say(this.dataset.failed);
    }
  }

  say(words) {
    const place = this.querySelector("output[data-draft]");
    if (place && place.textContent !== words) place.textContent = words;
  }
});
