// One place decides whether a key press is a command or a part of writing.
const AFTER_COMPOSITION_MS = 50;
let composedAt = -Infinity;

document.addEventListener("compositionend", () => { composedAt = performance.now(); }, true);

// Old Safari reports the Enter that confirms a conversion after compositionend, as if it were a plain Enter.
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229 || event.key === "Process"
    || performance.now() - composedAt < AFTER_COMPOSITION_MS;
}

export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !["checkbox", "radio", "button", "submit", "reset"].includes(target.type);
}

// The single key meant as a command, or "" when it is not one. People can switch single keys off (WCAG 2.1.4).
export function commandKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return "";
  if (isComposing(event) || isTyping(event.target)) return "";
  if (document.querySelector("hot-keys[data-off], dialog[open]")) return "";
  return latinKey(event);
}

// With kana input the R key says "す"; its place on the keyboard still says KeyR.
function latinKey({ key, code }) {
  if (key.length !== 1 || key.charCodeAt(0) < 128) return key;
  const wide = key.normalize("NFKC");
  if (wide.length === 1 && wide.charCodeAt(0) < 128) return wide.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : "";
}
