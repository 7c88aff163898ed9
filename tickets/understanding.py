"""What a customer's further message is about, as far as rules can tell: whether they ask for news,
or only say thanks. Japanese and English; anything else is left to people.

Asking for news is a failure of ours even when no promise was broken, so what is doubtful counts. A
bare thanks moves nothing, so there what is doubtful does not. Measured on the sentences in
tests/tickets/data/what_customers_say.tsv: one half was looked at for these rules, the other never.
"""

from __future__ import annotations

import re
import unicodedata

from tickets.models import Message

Meaning = Message.Meaning
# News is asked for at once, or at the end of a letter.
LOOKED_AT = 2000
LONGEST_THANKS = 200
SENTENCE = re.compile(r"[^。！!？?\n]+[。！!？?]*")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")

NEWS = r"(?:進捗|進み具合|状況|経過|進展|結果|調査|検討|手配|見通し|見積もり?|交換|修理|返金|本件|例の件|先日の件|この件|の件)"
ANSWER = r"(?:返信|返事|連絡|回答|返答|折り返し(?:の(?:お?電話|ご?連絡))?|対応)"
NOT_COME = (
    r"(?:(?:まだ)?(?:来|届い|いただけ|頂け|いただい|頂い|もらえ|もらっ|くださら)(?:て(?:い|お)?)?"
    r"(?:ません|ない|ておりません|おりません|りません|ず)|ありません|ないの[でが]|なく|まだ(?:です|ない|でしょう|ー|[?]|$))"
)
WHEN = r"(?:いつ(?:頃|ごろ|まで)?|何時|何日|あとどれ(?:くらい|ぐらい)|どのくらい)"
TELL = r"(?:教えて|お知らせ|聞かせて|伺(?:え|い)|確認させて|報告を)"

ASKS_JA = [
    r"その後.{0,20}(?:いかが|どう|進|状況|何か|連絡|返事|変化)(?!.{0,20}(?:ました|ません)。?$)",
    r"その後.{0,12}どうなりました",
    rf"{NEWS}.{{0,16}}(?:いかが|どうな|どうです|どうでし|どう[?])",
    rf"(?:進捗|進み具合|状況|経過|途中経過|見通し|目安|目途).{{0,16}}{TELL}",
    r"^(?:すみません、?)?(?:まだ(?:です|でしょう)か|進捗どう|どうなって(?:い)?ます|どうなりました|いかがでしょう)",
    r"まだ(?:出|解決|終わ|分か|わか).{0,8}(?:ませんか|でしょうか|ないのでしょうか|ないということ)",
    rf"{ANSWER}.{{0,12}}{NOT_COME}",
    rf"{WHEN}.{{0,12}}(?:{ANSWER}|待|かかり|わか|分か|なりま|いただけ)",
    r"(?:返金|返事|回答|連絡|対応)は?いつ",
    r"待って(?:い|お)?(?:る(?:の|ん)|ます(?:が|。|$|。?もう)|ました)|お待ちして(?:いる|おる|おります(?:が|。もう))|ずっと待",
    r"(?:もう|すでに|既に)?(?:[0-9一二三四五六七八九十数何]+)(?:日|週間|か月|ヶ月|時間)(?:が|も)?(?:経|たち|過ぎ|待|になり)",
    r"音沙汰|放置|無視され|催促|リマインド|再送(?:いた)?します|再度(?:ご)?(?:連絡|問い?合わせ|メール)(?:を)?(?:いた|させ|し|お送)",
    r"(?:至急|早く|早急に).{0,8}(?:返信|返事|回答|連絡|対応)(?:を)?(?:くだ|お願|いただ|して)",
    rf"{ANSWER}.{{0,12}}(?:と(?:言われ|伺っ|のこと|聞い)|予定(?:で|だっ)|約束).{{0,20}}(?:が|いか|ません)",
    r"約束.{0,12}(?:過ぎ|ません|守)",
    r"(?:先日|先週|前回|以前|前に|[0-9一二三四五]+日前|お送りし).{0,20}(?:見て(?:もら|いただ)|ご覧いただけ|届いて(?:い|お)?(?:ます|り))",
    r"(?:メール|問い?合わせ).{0,8}届いて(?:い)?ます(?:か|でしょうか)",
    r"(?:何か|なにか).{0,6}(?:進展|分かり|わかり|動き).{0,10}(?:か|[?])",
    rf"{ANSWER}.{{0,6}}お?待ち(?:して)?(?:おり)?(?:ます|です)。?.{{0,12}}(?:なり|経|もう)",
    r"(?:こちらから|何度も).{0,8}(?:連絡|問い?合わせ).{0,20}(?:ないと|ません|ない|なぜ)",
    rf"{ANSWER}を(?:ずっと)?待って(?:い)?(?:ます|る)",
]
NOT_ASKED_JA = [
    r"遅くなり|お待たせし|お知らせします|ご?報告し|お送りします|添付(?:し|いたし)",
    r"(?:分かり|確認でき)次第|少しお待ち|待っている間に",
]
ASKS_EN = [
    r"\b(?:any|some|is there an?|are there any)\s+(?:\w+\s+)?(?:news|updates?|progress|word|movement|luck|eta|developments?)\b",
    r"\bany idea when\b|\banything new\b|\bdo you have an? (?:eta|update)\b",
    r"\b(?:follow(?:ing)?|followed)[ -]?up\b|\bcheck(?:ing)? in\b|\btouch(?:ing)? base\b|\bcircl(?:e|ing) back\b",
    r"\bbump(?:ing)?\b|\bchas(?:e|ing)\b|^ping\W*$|\b(?:gentle|friendly|kind|second|third)\s+(?:reminder|request|notice)\b",
    r"\bstill\b.{0,30}\b(?:wait\w*|no (?:reply|answer|response|news|word)|pending|(?:not|haven'?t) heard|looked at|worked on|open)\b",
    r"\b(?:haven'?t|have not|hasn'?t|has not|didn'?t|did not|never|not)\b.{0,20}\b(?:heard|hear|"
    r"(?:received?|got|get|had|seen?)\b.{0,12}\b(?:reply|answers?|response|anything|word))\b",
    r"\b(?:heard|hear) nothing\b|\bnothing (?:since|so far)\b",
    r"\bno\b.{0,6}\b(?:reply|response|answer|one|body|word|news)\b.{0,20}\b(?:yet|so far|since|in touch|answer\w*|call\w*|repl\w+|respond\w*)|\bno (?:reply|response|answer)\b",
    r"\b(?:nobody|no one|no-one|someone|anyone|somebody)\b.{0,25}\b(?:answer\w*|repl\w+|respond\w*|call(?:ed)?|contact(?:ed)?|there|been in touch)\b",
    r"\bwhen\b.{0,20}\b(?:expect|hear|(?:get|receive|have)\b.{0,10}\b(?:reply|answer|response|news|update)|be (?:sorted|fixed|done|solved|resolved))",
    r"\bhow (?:much )?long(?:er)?\b.{0,16}\b(?:will|does|do|must|is)\b.{0,16}\b(?:take|wait|last|going)\b",
    r"\b(?:it'?s|it has|has|have|i'?ve) been\b.{0,12}\b(?:waiting|(?:an?|\d+|two|three|four|five|ten|several|many|over an?)\s+(?:hours?|days?|weeks?|months?))",
    r"\b(?:did|have|do) you (?:get|got|see|seen|receive|received|had)\b.{0,16}\b(?:message|e?-?mail|ticket|request|chance|time|opportunity|look)\b",
    r"\b(?:have|were|are) you (?:been )?(?:found|able to find|made any|managed)\b.{0,20}\b(?:out|anything|progress|yet)\b",
    r"^(?:so[?,. ]*)?(?:what'?s|what is) (?:the status|happening|going on)\b|^status\W*$|\bstatus of (?:my|the|this|our)\b",
    r"\bwhere (?:are we|do we stand|things stand|does (?:this|it) stand|is my)\b",
    r"\b(?:give|send) (?:me|us) an? (?:update|answer|reply)\b|\bplease (?:update|reply|respond|answer)\b|\bappreciate an? (?:response|reply|answer|update)\b",
    r"\bhow(?:'s| is| are)\b.{0,30}\b(?:going|coming along|progressing)\b",
    r"\b(?:you (?:said|promised)|i was (?:told|promised)|as promised)\b",
    r"\bbeing ignored\b|\bignor(?:ed|ing) (?:me|us)\b|\bwent unanswered\b|\bawaiting your\b|\bin case you missed\b",
    r"\bwait(?:ing|ed) for (?:a|an|your|the) (?:reply|answer|response|call)|\bwaiting (?:for )?(?:\w+ )?(?:days|weeks|hours)\b|\bgentle nudge\b",
    r"\blook forward to hearing\b.{0,30}\b(?:been|already|since)\b",
]
NOT_ASKED_EN = [
    r"\bfollow(?:ing)? up with (?:the|my|our|some|more)\b|\bthanks? (?:you )?for (?:the|your|following|checking|getting)\b",
    r"\bany (?:of|idea why)\b|\bsorry for (?:the|my) (?:late|delay)|\bfrom my side\b|\bi will get back\b",
]
# What may stand around a thanks, and the words of one. What is left over is a message.
THANKS_JA = re.compile(
    r"(?:いつも|大変|とても|すごく|本当に|誠に|早速の?|迅速な?|丁寧な|ご|お|早々に|また)*"
    r"(?:(?:返信|返事|連絡|対応|回答|教えて|案内|手配|確認|説明)(?:を)?(?:に|の件)?(?:いただき|頂き|くださり|下さり)?、?(?:て)?)*"
    r"(?:大変)?(?:ありがとう(?:ございま(?:す|した))?|有難うございま(?:す|した)|感謝(?:し|いたし)(?:ます|ております)|"
    r"助かり?(?:ます|ました)|助かった|承知(?:し|いたし)ました|了解(?:です|しました|いたしました)?|"
    r"分かりました|わかりました|かしこまりました|お世話に(?:なっております|なります|なりました)|"
    r"(?:今後とも|引き続き)?(?:どうぞ)?(?:よろしく|宜しく)お願い(?:いた|致)?します|(?:今後とも|引き続き)(?:どうぞ)?(?:よろしく|宜しく)お願いいたします|"
    r"安心しました|解決しました|直りました|失礼(?:し|いたし)ます)"
)
THANKS_EN = re.compile(
    r"(?:(?:hi|hello|dear)(?: \w+)?|(?:many |so |ok,? )?thank(?:s|\syou)(?: you)?(?: (?:so|very) much| a lot| again| all| indeed)?"
    r"(?: (?:for|from) (?:the|your|all|all your|this)(?: (?:quick|fast|kind|great|prompt|helpful))?"
    r"(?: (?:help|answer|reply|response|support|information|info|call|update|time|assistance|explanation|work))?)?"
    r"|ok(?:ay)?|great|perfect|excellent|super|awesome|wonderful|got it|understood|noted|will do|much appreciated|"
    r"(?:that|this|it) (?:solved|fixed|helped|works|worked)(?: it| now)?|all good|cheers|"
    r"(?:best|kind|warm)(?: regards| wishes)?|regards|sincerely)"
)
GRATITUDE = re.compile(
    r"ありがとう|有難う|感謝|助か|承知|了解|分かりました|わかりました|かしこまり|thank|got it|appreciated|cheers|understood|noted"
)
ASKS = [re.compile(pattern) for pattern in (*ASKS_JA, *ASKS_EN)]
DENIES = [re.compile(pattern) for pattern in (*NOT_ASKED_JA, *NOT_ASKED_EN)]


def meaning_of(text: str, *, has_files: bool = False) -> str:
    """What a further message of a customer means, by the words they wrote themselves: a Meaning, or
    empty. `text` is without the quoted letter; takes time in proportion to LOOKED_AT at most."""
    words = unicodedata.normalize("NFKC", text[:LOOKED_AT]).lower().replace("\u2019", "'")
    sentences = [_together(each.group()) for each in SENTENCE.finditer(words)]
    if any(_asks_for_news(sentence) for sentence in filter(None, sentences)):
        return Meaning.CHASER
    if not has_files and len(text) <= LONGEST_THANKS and _only_thanks(words):
        return Meaning.THANKS
    return ""


def _together(sentence: str) -> str:
    """On one line; Japanese without spaces, which it does not need."""
    return re.sub(r"\s+", "" if JAPANESE.search(sentence) else " ", sentence).strip()


def _asks_for_news(sentence: str) -> bool:
    return not any(each.search(sentence) for each in DENIES) and any(
        each.search(sentence) for each in ASKS
    )


def _only_thanks(words: str) -> bool:
    """Nothing is left when all that people say around a thanks is taken away, but a name."""
    if "?" in words or not GRATITUDE.search(words):
        return False
    lines = [_together(line) for line in words.splitlines() if line.strip()]
    rest = [THANKS_EN.sub("", THANKS_JA.sub("", line)) for line in lines]
    left = [re.sub(r"[\W_]+", "", line) for line in rest]
    # The last line may be who they are.
    return not any(left[:-1]) and (not left[-1] or (len(lines) > 1 and len(left[-1]) <= 20))
