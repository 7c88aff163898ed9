"""Single lines of a letter: which of them introduce what is quoted."""

from __future__ import annotations

import re

from mail.reading.quoting_words import LABELS, OPENINGS, SEPARATORS, VERBS

MOST_LINES = 4_000
LONGEST_LINE = 500
JOINED_LINES = 4
JOINED_LENGTH = 400
LABEL_LINES = 7

REPLY_MARK = re.compile(r"^\s*[>＞|]?\s*##- ?.{1,200}-##")
RULE = re.compile(r"^\s*([_\-=*─━—＿－＝*~])\1{2,}\s*$")
DASHED = re.compile(
    r"^[\s>]*[-_=─━—―*+~－＝]{2,}[\s>]*(\S.{0,90}?)[\s:：<]*[-_=─━—―*+~－＝]{2,}\s*$"
)
BEGIN = re.compile(r"(?i)^\s*(?:begin|anfang|début|inicio|inizio|início) [\w ]{3,40}:\s*$")
LABEL = re.compile(r"^[\s*|_]*([^\s*:：<>][^*:：<>]{0,24})[\s*]*[:：][\s*]*(.*)$")
MARKED = re.compile(r"^\s{0,4}(?:[>＞]|[|｜](?:\s|$))")

EMAIL = re.compile(r"[^\s<>()\[\]\"',;:]{1,80}@[^\s<>()\[\]\"',;:]{2,80}")
CLOCK = re.compile(
    r"\d{1,2}\s?[:.：hH時시点點]\s?\d{2}|\d{1,2}\s?(?:時|시|点|點|Uhr|uhr|h\b|[ap]\.?m)"
)
DATE = re.compile(
    r"\d{4}\s?[-/.年년]\s?\d{1,2}|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{1,2}\.?\s(?:de\s)?[^\W\d]{3,12}\.?,?\s(?:de\s)?\d{4}"
    r"|[^\W\d]{3,12}\.?\s\d{1,2},?\s\d{4}|\d{4}\.\s?[^\W\d]{3,12}|\d{1,2}月\d{1,2}日"
)
OPENS_WITH_DATE = re.compile(
    r"^[(（\[\"“]?(?:\d{4}\s?[-/.年년]\s?\d{1,2}|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{1,2}\.?\s[^\W\d]{3,12}"
    r"|\d{1,2}月\d{1,2}日|令和|平成|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s)",
    re.IGNORECASE,
)
# "2026年11月21日(土) 12:34": the date, the day, the time, and what is left is the name.
JAPANESE_DATE = re.compile(
    r"^[(（\[]?(?:(?:令和|平成)?\d{1,4}\s?[年/.-]\s?\d{1,2}\s?[月/.-]\s?\d{1,2}\s?日?|\d{1,2}月\d{1,2}日)"
    r"[\s　]*(?:[(（]?[月火水木金土日祝][)）]?(?:曜日?)?)?[,、\s　]*(?:午前|午後|AM|PM|am|pm)?\s*"
    r"\d{1,2}[:：時]\s?\d{1,2}(?:分|[:：]\d{2})?(?:秒)?\s*(?:午前|午後|AM|PM|am|pm)?(?:\s?(?:[+-]\d{4}|JST|GMT[+-]\d{1,2}(?::\d{2})?))?[)）\]]?"
)
SENTENCE = re.compile(r"[。！？!?]|(?:ました|します|です|ません|ください|について|により|ところ)")
PARTICLES = (
    "に",
    "の",
    "から",
    "より",
    "頃",
    "ごろ",
    "まで",
    "は",
    "で",
    "が",
    "を",
    "以降",
    "現在",
    "時点",
    "過ぎ",
    "分頃",
)


def shortened(line: str) -> str:
    """As much of a line as is looked at."""
    return line[:LONGEST_LINE].replace("\xa0", " ").replace("\u200b", "").replace("\ufeff", "")


def is_quoted_line(line: str) -> bool:
    """Marked as quoted, in one of the ways of mail programs."""
    return MARKED.match(line) is not None


def is_rule(line: str) -> bool:
    """A line drawn from one character."""
    return RULE.match(line) is not None


def is_reply_mark(line: str) -> bool:
    """Our own line "please write above this line"."""
    return REPLY_MARK.match(line) is not None


def is_separator(lines: list[str], at: int) -> bool:
    """ "----- Original Message -----" in any language, or dashes around words above labels."""
    line = lines[at]
    if BEGIN.match(line) and _has_labels_below(lines, at):
        return True
    match = DASHED.match(line)
    if match is None:
        return False
    words = " ".join(match[1].lower().split())
    return any(known in words for known in SEPARATORS) or _has_labels_below(lines, at)


def is_label_block(lines: list[str], at: int) -> bool:
    """Whether From, and two of Date, To, Cc and Subject, begin at this line, in any language."""
    if _label(lines[at]) is None:
        return False
    kinds: set[str | None] = set()
    for line in lines[at : at + LABEL_LINES]:
        kind = _label(line)
        if kind is None and not line.strip() and kinds:
            break
        kinds.add(kind)
    kinds.discard(None)
    return "from" in kinds and len(kinds) >= 3


def _has_labels_below(lines: list[str], at: int) -> bool:
    below = [line for line in lines[at + 1 : at + 5] if line.strip()][:2]
    return any(_label(line) in {"from", "date", "subject"} for line in below)


def _label(line: str) -> str | None:
    match = LABEL.match(line.lstrip(">＞ "))
    if match is None:
        return None
    return LABELS.get(match[1].strip(" 　*_").replace("　", " ").lower())


def attribution_length(lines: list[str], at: int, quoted: list[bool]) -> int:
    """How many lines "On … somebody wrote:" takes from here on; 0 if this is something else."""
    text = ""
    for count in range(1, JOINED_LINES + 1):
        if at + count > len(lines):
            return 0
        line = lines[at + count - 1].strip()
        if not line or quoted[at + count - 1] or len(text) + len(line) > JOINED_LENGTH:
            return 0
        text = f"{text} {line}" if text else line
        if count == 1 and not _may_open(text):
            return 0
        if _is_attribution(
            text, followed_by_quote=_is_followed_by_quote(at + count, lines, quoted)
        ):
            return count
    return 0


def _is_followed_by_quote(at: int, lines: list[str], quoted: list[bool]) -> bool:
    for index in range(at, min(at + 3, len(lines))):
        if lines[index].strip():
            return quoted[index]
    return False


# Of more than one word, or of a script that puts no space behind it.
OPENING_WORDS = tuple(word for word in OPENINGS if " " in word or not word.isascii() or "(" in word)


def _may_open(text: str) -> bool:
    """Whether a line may be the first of an attribution at all."""
    lowered = text.lower().lstrip("\"'“(（*_- ")
    opening = lowered.split(" ", 1)[0].rstrip(",.:")
    return (
        opening in OPENINGS
        or lowered.startswith(OPENING_WORDS)
        or OPENS_WITH_DATE.match(lowered) is not None
        or ("@" in text and EMAIL.search(text) is not None)
        or _verb(text)
    )


def _is_attribution(text: str, *, followed_by_quote: bool) -> bool:
    text = text.strip("*_ ")
    ends_with_colon = text.endswith((":", "："))
    if not (ends_with_colon or text.endswith(">") or _ends_with_verb(text)):
        return False
    if _is_japanese_date_and_name(text, followed_by_quote=followed_by_quote):
        return True
    has_email = "@" in text and EMAIL.search(text) is not None
    is_dated = DATE.search(text) is not None or CLOCK.search(text) is not None
    if _verb(text) and (ends_with_colon or _ends_with_verb(text)):
        return (
            (has_email and (is_dated or ends_with_colon))
            or (
                is_dated
                and (followed_by_quote or CLOCK.search(text) is not None or _is_dated_opening(text))
            )
            or (followed_by_quote and len(text) < 120)
        )
    # Any language: a date, an address, a colon.
    return ends_with_colon and has_email and is_dated and _is_dated_opening(text)


def _is_dated_opening(text: str) -> bool:
    lowered = text.lower()
    return OPENS_WITH_DATE.match(lowered) is not None or (
        lowered.split(" ", 1)[0].rstrip(",.:") in OPENINGS and DATE.search(text) is not None
    )


def _verb(text: str) -> bool:
    lowered = text.lower()
    return any(verb in lowered for verb in VERBS)


def _ends_with_verb(text: str) -> bool:
    return text.lower().rstrip(":： .-").endswith(VERBS)


def _is_japanese_date_and_name(text: str, *, followed_by_quote: bool) -> bool:
    """Gmail, iOS and others in Japanese put no verb: a date, a name, a colon."""
    match = JAPANESE_DATE.match(text)
    if match is None or not text.endswith((":", "：", "のメール", "＞", ">")):
        return False
    name = text[match.end() :].strip(" 　,、:：")
    if EMAIL.search(name) is not None:
        return text.endswith((":", "：", "のメール")) or followed_by_quote
    if not text.endswith((":", "：")):
        return False
    is_sentence = name.startswith(PARTICLES) or SENTENCE.search(name) is not None
    return 0 < len(name) <= 60 and (followed_by_quote or not is_sentence)
