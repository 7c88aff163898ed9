// Who is there, in a place with a [data-words]. The server says {"words", "is_writing", "seconds"}.
export function showPresence(place, there) {
  const words = there?.words ?? "";
  const shown = place.querySelector("[data-words]");
  if (shown.textContent !== words) shown.textContent = words;
  place.hidden = !words;
  place.classList.toggle("presence--writing", Boolean(there?.is_writing));
}
