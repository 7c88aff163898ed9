// Wide letters, capitals and the two kinds of kana make no difference.
export function fold(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));
}
