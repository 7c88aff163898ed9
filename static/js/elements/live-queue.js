// <live-queue data-events-url="…" data-updated-label="Updated"> listens while its tab is looked at. Rows never move
// under the pointer: a changed row ([data-ticket]) gets a mark, and one hidden button inside offers the new list (its
// own hx-get fetches it). When the stream fails, a conditional GET (ETag) every 15 s asks instead.
const POLL_MS = 15_000;
const RETRY_MS = 60_000;

customElements.define("live-queue", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.etag = this.dataset.etag ?? null;
    document.addEventListener("visibilitychange", () => this.follow(), { signal });
    this.addEventListener("htmx:afterSwap", () => this.settle(), { signal });
    this.follow();
  }

  disconnectedCallback() {
    this.life.abort();
    this.rest();
  }

  follow() {
    if (document.hidden) return this.rest();
    this.listen();
    if (this.etag) this.ask();
  }

  rest() {
    this.stream?.close();
    this.stream = null;
    clearTimeout(this.retry);
    this.stopAsking();
  }

  listen() {
    if (this.stream) return;
    if (!this.dataset.eventsUrl) return this.keepAsking();
    this.stream = new EventSource(this.dataset.eventsUrl, { withCredentials: true });
    this.stream.onopen = () => this.stopAsking();
    this.stream.onerror = () => this.recover();
    this.stream.onmessage = (event) => this.hear(event);
    this.stream.addEventListener("ticket", (event) => this.hear(event));
  }

  recover() {
    this.keepAsking();
    if (this.stream?.readyState !== EventSource.CLOSED) return;
    this.stream = null;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.follow(), RETRY_MS);
  }

  hear(event) {
    this.mark(ticketIn(event.data));
    this.offer();
  }

  mark(ticket) {
    this.querySelectorAll(`[data-ticket="${CSS.escape(ticket)}"]:not([data-updated])`).forEach((row) => {
      const pill = document.createElement("span");
      pill.className = "pill pill--updated";
      pill.textContent = this.dataset.updatedLabel;
      row.dataset.updated = "";
      (row.querySelector("[data-updates]") ?? row).prepend(pill);
    });
  }

  offer() {
    const button = this.querySelector(".live-queue__refresh");
    if (button) button.hidden = false;
  }

  settle() {
    const button = this.querySelector(".live-queue__refresh");
    if (button) button.hidden = true;
    this.etag = this.dataset.etag ?? null;
  }

  keepAsking() {
    this.asking ||= setInterval(() => this.ask(), POLL_MS);
  }

  stopAsking() {
    clearInterval(this.asking);
    this.asking = 0;
  }

  async ask() {
    const headers = { "HX-Request": "true", ...(this.etag && { "If-None-Match": this.etag }) };
    const url = this.dataset.pollUrl || location.href;
    const answer = await fetch(url, { headers, cache: "no-store", signal: this.life.signal }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const etag = answer.headers.get("ETag");
    if (this.etag && etag !== this.etag) this.offer();
    this.etag = etag;
  }
});

function ticketIn(data) {
  try {
    return String(JSON.parse(data).ticket ?? "");
  } catch {
    return data;
  }
}
