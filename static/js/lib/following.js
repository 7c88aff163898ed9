// What an element does to hear of changes while its tab is looked at: it listens to the stream at data-events-url, and
// asks every POLL_MS by itself where there is none. An element that extends this says tell(change) and ask().
const POLL_MS = 15_000;
const RETRY_MS = 60_000;

export class Following extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    document.addEventListener("visibilitychange", () => this.follow(true), { signal: this.life.signal });
    this.follow();
  }

  disconnectedCallback() {
    this.life.abort();
    this.rest();
  }

  follow(wasAway = false) {
    if (document.hidden) return this.rest();
    this.listen();
    if (wasAway) this.ask();
  }

  rest() {
    this.stream?.close();
    this.stream = null;
    clearTimeout(this.retry);
    clearTimeout(this.asked);
    clearInterval(this.polling);
    this.asked = 0;
    this.polling = 0;
  }

  listen() {
    if (this.stream) return;
    if (!this.dataset.eventsUrl) return this.poll();
    this.stream = new EventSource(this.dataset.eventsUrl, { withCredentials: true });
    this.stream.onopen = () => this.resume();
    this.stream.onerror = () => this.recover();
    this.stream.onmessage = (event) => this.tell(changeIn(event.data));
  }

  resume() {
    clearInterval(this.polling);
    this.polling = 0;
  }

  // The browser reconnects by itself, unless the server has refused.
  recover() {
    this.poll();
    if (this.stream?.readyState !== EventSource.CLOSED) return;
    this.stream = null;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.follow(), RETRY_MS);
  }

  poll() {
    this.polling ||= setInterval(() => this.ask(), Number(this.dataset.pollMs) || POLL_MS);
  }

  // The list as it is now at data-poll-url, or 304 while it is still that of data-etag.
  fetch(list) {
    const headers = { "HX-Request": "true", "If-None-Match": list.dataset.etag };
    return fetch(list.dataset.pollUrl, { headers, cache: "no-store", signal: this.life.signal }).catch(() => null);
  }
}

function changeIn(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}
