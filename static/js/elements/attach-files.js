// <attach-files data-url="…" data-sending="…" data-failed="…"> in a form uploads files as soon as they are chosen, dropped
// on it or pasted into its text, under the form's submission_key, and shows what waits there (its [data-uploads], which the
// server draws). Without it the files leave with the form. It says what happens in its [data-attaching] output.
customElements.define("attach-files", class extends HTMLElement {
  connectedCallback() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.waiting = Promise.resolve();
    this.underWay = 0;
    this.addEventListener("change", (event) => this.choose(event), { signal });
    this.addEventListener("paste", (event) => this.take(event, event.clipboardData), { signal });
    this.addEventListener("dragover", (event) => this.welcome(event), { signal });
    this.addEventListener("drop", (event) => this.take(event, event.dataTransfer), { signal });
    this.addEventListener("click", (event) => this.remove(event), { signal });
    this.closest("form").addEventListener("submit", (event) => this.hold(event), { signal });
  }

  disconnectedCallback() {
    this.life.abort();
  }

  choose(event) {
    if (!event.target.matches("[type=file]")) return;
    this.send([...event.target.files]);
    // What is uploaded must not leave with the form once more.
    event.target.value = "";
  }

  welcome(event) {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  }

  // A text that is pasted with a picture of itself, as office programs do it, is pasted as text.
  take(event, data) {
    const files = [...(data?.files ?? [])];
    if (!files.length || (event.type === "paste" && data.types.includes("text/plain"))) return;
    event.preventDefault();
    this.send(files);
  }

  send(files) {
    if (!files.length) return;
    const body = this.fields();
    files.forEach((file) => body.append("attachments", file, file.name));
    this.post(this.dataset.url, body);
  }

  remove(event) {
    const button = event.target.closest("button[name=remove]");
    if (!button) return;
    event.preventDefault();
    const body = this.fields();
    body.set("remove", button.value);
    this.post(button.formAction, body);
  }

  fields() {
    const form = new FormData(this.closest("form"));
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "submission_key"]) body.set(name, form.get(name));
    return body;
  }

  // One after the other, so that what is shown last is what is there.
  post(url, body) {
    this.underWay += 1;
    const shown = this.waiting.then(() => this.upload(url, body)).then((page) => this.show(page), () => this.say(this.dataset.failed));
    this.waiting = shown.finally(() => { this.underWay -= 1; });
  }

  // The reply waits for its files, and stays when one of them did not arrive.
  hold(event) {
    if (!this.underWay) return;
    event.preventDefault();
    event.stopPropagation();
    const [form, button] = [event.target, event.submitter];
    this.waiting.then(() => { if (!this.hasFailed()) form.requestSubmit(button); });
  }

  hasFailed() {
    const said = this.querySelector("[data-attaching]").textContent;
    return said === this.dataset.failed || Boolean(this.querySelector("[data-uploads] [role=alert]"));
  }

  // fetch() does not tell how far it has come.
  upload(url, body) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("HX-Request", "true");
      request.responseType = "document";
      request.upload.onprogress = (event) => this.progress(event.loaded / event.total);
      request.onload = () => (request.response?.querySelector("[data-uploads]") ? resolve(request.response) : reject(request.status));
      request.onerror = request.ontimeout = reject;
      request.onloadend = () => this.progress(1);
      this.say(this.dataset.sending);
      request.send(body);
    });
  }

  progress(part) {
    const bar = this.querySelector("progress");
    bar.hidden = part >= 1;
    bar.value = part;
  }

  show(page) {
    this.say("");
    this.querySelector("[data-uploads]").replaceWith(document.adoptNode(page.querySelector("[data-uploads]")));
  }

  say(words) {
    this.querySelector("[data-attaching]").textContent = words;
  }
});
