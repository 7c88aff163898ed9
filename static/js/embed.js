// Puts the form in place of <div data-yakusoku-form> and makes it as high as it is.
(() => {
  const home = new URL(document.currentScript.src);

  const put = (place) => {
    const address = new URL("/contact/embed/", home);
    for (const name of ["lang", "topic", "subject", "prefill"]) {
      if (place.dataset[name]) address.searchParams.set(name, place.dataset[name]);
    }
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = place.dataset.title || "Contact";
    frame.style.cssText = "inline-size: 100%; block-size: 60rem; border: 0";
    place.replaceWith(frame);
    addEventListener("message", ({ data, origin, source }) => {
      const height = Number(data?.yakusokuHeight);
      if (origin === home.origin && source === frame.contentWindow && height > 0) {
        frame.style.blockSize = `${Math.min(height, 10000)}px`;
        if (data.isNew) frame.scrollIntoView({ block: "nearest" });
      }
    });
  };

  const start = () => document.querySelectorAll("[data-yakusoku-form]").forEach(put);
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
