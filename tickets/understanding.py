"""What a customer's further message is about, as far as a program can tell: whether they ask for
news, or only say thanks. Japanese and English; anything else is left to people.

Asking for news is told by weighted pieces of text, which scripts/learn_meaning.py learns from
messages that were labelled by hand: docs/decisions/0012. A bare thanks moves nothing, so there a
list of what people say decides, and what is doubtful is no thanks.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tickets.models import Message

Meaning = Message.Meaning
WEIGHTS = Path(__file__).parent / "data/asking_for_news.json"
# News is asked for at once, or at the end of a letter.
LOOKED_AT = 2000
LONGEST_THANKS = 240
FEW_LETTERS = 12
LONGEST_PIECE = 3
PREFIX = 4
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
WORD = re.compile(r"[a-z']+|0|[?!]+|\|")
SENTENCE_END = re.compile(r"\s*[.:;\n][.:;\s]*")
# So many words at most make the length that counts as a piece.
LENGTHS = (3, 6, 10, 16, 25, 40, 80)
DIGITS = re.compile(r"[0-9]+")
HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヷ"))}


@dataclass(frozen=True)
class Weights:
    """Of one language: what each piece of text speaks for, and how much of it is asking."""

    pieces: Mapping[str, float]
    bias: float

    def score(self, pieces: set[str]) -> float:
        """How much these pieces together speak for it; below nothing: against it."""
        total = sum(self.pieces.get(piece, 0.0) for piece in pieces)
        return self.bias + total / math.sqrt(len(pieces) or 1)


def meaning_of(text: str, *, has_files: bool = False) -> str:
    """What a further message of a customer means, by the words they wrote themselves: a Meaning, or
    empty. `text` is without the quoted letter; takes time in proportion to LOOKED_AT at most."""
    words = own_words(text)
    if not has_files and len(text) <= LONGEST_THANKS and _only_thanks(words):
        return Meaning.THANKS
    language = language_of(words)
    return Meaning.CHASER if weights()[language].score(pieces_of(words)) > 0 else ""


def own_words(text: str) -> str:
    """The beginning of a text in one width and case, without lines that quote."""
    words = unicodedata.normalize("NFKC", text[:LOOKED_AT]).lower().replace("\u2019", "'")
    return "\n".join(line for line in words.splitlines() if not line.lstrip().startswith(">"))


def language_of(words: str) -> str:
    """By which weights they are weighed."""
    return "ja" if JAPANESE.search(words) else "en"


def pieces_of(words: str) -> set[str]:
    """What is weighed: of Japanese one to three letters in a row, kana folded; of English one to
    three words, two around a third, beginnings of words, ends of sentences, and how long it is.
    Every number is as good as another."""
    words = DIGITS.sub("0", words)
    short = {"#short"} if len(words) < FEW_LETTERS else set()
    if language_of(words) == "ja":
        run = f"^{''.join(words.translate(HIRAGANA).split())}$"
        return short | {
            run[start : start + length]
            for length in range(1, LONGEST_PIECE + 1)
            for start in range(len(run) - length + 1)
        }
    run_of_words = ["^", *WORD.findall(SENTENCE_END.sub(" | ", words)), "$"]
    pieces = {
        " ".join(run_of_words[start : start + length])
        for length in range(1, LONGEST_PIECE + 1)
        for start in range(len(run_of_words) - length + 1)
    }
    around = {
        f"{one} _ {other}" for one, other in zip(run_of_words, run_of_words[2:], strict=False)
    }
    beginnings = {f"{word[:PREFIX]}*" for word in run_of_words if len(word) > PREFIX}
    length = f"#{bisect_left(LENGTHS, len(words.split()))}"
    return short | pieces | around | beginnings | {length}


@cache
def weights() -> Mapping[str, Weights]:
    """As they were learned, by language."""
    learned = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {language: Weights(**each) for language, each in learned.items()}


# What may stand around a thanks, and the words of one. What is left over is a message.
THANKS_JA = re.compile(
    r"(?:いつも|大変|とても|すごく|本当に|誠に|心より|まことに|早速の?|さっそくの?|迅速な?|丁寧な?に?|親切に?な?|素早い|何度も|お忙しい(?:中|ところ)|ご|お|早々に|また|重ねて|色々と?|いろいろと?|おかげ(?:さま|様)で|詳しく|無事(?:に)?|確かに|親切に|わざわざ|夜分に|休日にも?関わらず)*"
    r"(?:(?:返信|返事|連絡|対応|回答|教えて|案内|手配|確認|説明|相談に乗って|調べて|助けて|尽力|協力|配慮|お?心遣い)(?:を|の|に|の件)?(?:いただき|頂き|くださり|下さり|くださって|下さって|いただいて|してくれて|くれて)?(?:まして)?、?(?:て)?)*"
    r"(?:大変|とても|本当に|誠に|心から)*"
    r"(?:ありがと(?:う)?(?:ございま(?:す|した))?(?:です|ね|〜|ー)*|有(?:り)?難う(?:ございま(?:す|した)|存じます)?|あざ(?:す|っす|ます)|さんきゅ?う?ー?|サンキュー|感謝(?:し|いたし|申し上げ)(?:ます|ております)|恐れ入ります|恐縮です|"
    r"助かり?(?:ます|ました)|助かった(?:わ|よ)?|承知(?:し|いたし|致し)ました|了解(?:です|しました|いたしました)?|りょ(?:ーかい|うかい)?|OK(?:です)?|ok(?:です)?|おけ(?:です)?|"
    r"(?:よく)?分かりました|(?:よく)?わかりました|かしこまりました|お世話に(?:なっております|なります|なりました)|お世話様(?:です|でした)|"
    r"(?:今後とも|引き続き)?(?:どうぞ|何卒)?(?:よろしく|宜しく)お願い(?:いた|致|申し上げ)?(?:し)?ます|"
    r"安心(?:し|いたし)ました|ほっとしました|解決しました|直りました|失礼(?:し|いたし)ます|(?:返信)?拝受(?:いたし|し)ました|(?:連絡)?をいただき恐縮です|おおきに|どうも(?:です)?|(?:受け取り|拝受し|受領し)(?:まし)?た|お手数を?(?:おかけ|お掛け)(?:し|いた)しました|(?:心より)?御?お?礼申し上げます|以上です?|取り急ぎ御?お?礼まで)"
    r"(?:m\(__?\)m|\(\^+\)|笑|w+|ね|よ|わ)?"
)
THANKS_EN = re.compile(
    r"(?:(?:hi|hello|hey|dear)(?: (?:mr|mrs|ms|dr|all|team|there|support))?\.?(?: \w+)?|"
    r"(?:many |so |ok,? |great,? |noted with |big |and )?(?:thank(?:s|\s?you)|thx|ty|tysm|cheers|ta|merci)(?: you)?(?: (?:so much|very much|a lot|a bunch|a million|again|all|indeed|kindly|guys|mate|both))*"
    r"(?: (?:for|from) (?:the|your|all|all your|this|keeping|getting|sorting|letting|explaining|being|helping|coming|taking)(?: (?:very |so |really )?(?:quick|fast|kind|great|prompt|helpful|swift|speedy|lovely|patient))?"
    r"(?: (?:help|answer|reply|response|support|information|info|call|update|time|assistance|explanation|work|service|me posted|me know|me updated|back to (?:me|us)(?: so)?(?: (?:fast|quickly|soon|promptly))?|it out|that out|this out|(?:it|this|that)(?: so)?(?: (?:quickly|fast))?|in this matter|so helpful|patience|effort))*)?"
    r"|ok(?:ay)?|k|received|god bless|(?:you'?ve|you have) been (?:brilliant|great|amazing|very helpful|so kind|a great help)|great|perfect|excellent|super|awesome|wonderful|brilliant|lovely|fantastic|cool|nice one|got it|understood|noted|will do|much appreciated|really appreciate(?:d)?(?: it| this| that)?|i appreciate (?:it|your help|that|this)|"
    r"(?:that|this|it|all)(?:'s| is)? (?:solved|fixed|helped|works|worked|perfect|great|sorted|clear)(?: it| now)?|all good|all sorted|really kind(?: of you)?|very kind(?: of you)?|(?:you'?re|you are) (?:a star|the best|great|amazing)|very helpful|(?:good|great) to know|in this matter|"
    r"(?:best|kind|warm|many)(?: regards| wishes| thanks)?|regards|sincerely|yours(?: sincerely| faithfully| truly)?|have a (?:nice|good|great|lovely) (?:day|weekend|evening|one))"
)
GRATITUDE = re.compile(
    r"ありがと|有難う|有り難う|あざ[すっま]|感謝|助か|承知|了解|りょ|分かりました|わかりました|かしこまり|おけ|おおきに|どうも|お礼|御礼|ok|thank|thx|\bty|\bta\b|got it|appreciat|cheers|understood|noted|さんき|サンキュ"
)
SIGNED = re.compile(
    r"株式会社|有限会社|部|課|様|\b(?:inc|ltd|llc|co|gmbh|corp)\b|[a-z]+\s[a-z]+|^[\w ]{1,20}$"
)


def _only_thanks(words: str) -> bool:
    """Nothing is left when all that people say around a thanks is taken away, but who they are."""
    if "?" in words or not GRATITUDE.search(words):
        return False
    lines = [_on_one_line(line) for line in words.splitlines() if line.strip()]
    rest = [THANKS_EN.sub("", THANKS_JA.sub("", line)) for line in lines]
    left = [re.sub(r"[\W_]+|です|ます|ました|も|と|に|、", "", line) for line in rest]
    said = [index for index, line in enumerate(left) if line]
    if not said:
        return True
    # Below the words stands a name, and perhaps a company.
    is_below = all(not left[index] for index in range(said[0])) and said[0] > 0
    return (
        is_below
        and len(left) - said[0] <= 3
        and all(len(line) <= 30 and SIGNED.search(line) is not None for line in lines[said[0] :])
    )


def _on_one_line(line: str) -> str:
    """Japanese without spaces, which it does not need."""
    return re.sub(r"\s+", "" if JAPANESE.search(line) else " ", line).strip()
