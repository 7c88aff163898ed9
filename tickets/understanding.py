"""What a customer's further message is about, as far as rules can tell: whether they ask for news,
or only say thanks. Japanese and English; anything else is left to people.

Asking for news is a failure of ours even when no promise was broken, so what is doubtful counts. A
bare thanks moves nothing, so there what is doubtful does not. How well it does is measured in
tests/tickets/test_understanding.py, on messages that were not looked at for these rules.
"""

from __future__ import annotations

import re
import unicodedata

from tickets.models import Message

Meaning = Message.Meaning
# News is asked for at once, or at the end of a letter.
LOOKED_AT = 2000
LONGEST_THANKS = 240
SENTENCE = re.compile(r"[^。！!？?.\n]+[。！!？?.]*")
# Who waits and has no words left.
BARE = re.compile(r"[\s?!.…]*\?[\s?!.…]*")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")

# A sentence asks for news when it says one of these, or a word of each part of a pair.
OUR_ANSWER_JA = (
    r"返信|返事|ご?返答|お?答え|回答|連絡|折り返(?:し|す)|音信|音沙汰|レス(?:が|は|まだ|$)|便り|"
    r"何(?:か|も)言(?:って|うて)|電話(?:が|は)?(?:まだ|ない|来|くれ)"
)
IS_LACKING_JA = (
    r"まだ|未だ|いまだ|待|いつ|いっこう|一向|途絶|それっきり|音沙汰|"
    r"ません(?:が|か|でした|。|$|ので|でしょう)|な(?:い(?:の|まま|と|ん|。|$|です|けど|が|し)|く|し|かった)|"
    r"来(?:ない|ん|ぇへん|まへん|ず)|こない|けえへん|くれ(?:へん|ない|ません)|くださらない|掛かって|"
    r"遅い|遅すぎ|どうな|いかが|如何|目安|期限|催促|至急|早く|はよ|早急|急い|お急ぎ|"
    r"(?:もらえ|いただけ|頂け)(?:ます|る|ない|ません|れば|ると)|賜り|受け取って(?:い|お)|確認でき(?:て|ません)|"
    r"届いて|入って(?:い)?(?:ません|ない)|見当たら|と(?:言って|言われ|おっしゃ|のこと|伺|聞|書いて)|って(?:言|聞|書)|"
    r"約束|はず|ほしい|欲しい|ください$|願います$"
)
OUR_WORK_JA = (
    r"進捗|進み具合|進展|経過|状況|ステータス|結果|原因|調査|解析|検討|手配|見通し|目処|目途|見積|審査|査定|"
    r"手続き|修理|返金|交換|確認|処理|本件|依頼|図面|申請|の件|"
    r"(?:聞い|送っ|頼ん|尋ね|伝え|相談し|お願いし|依頼し|問い?合わせ|申し込ん)(?:てい|てお)?た?(?:だ)?(?:やつ|こと|の(?:は|が|っ)|者|もの|件|話|質問|とこ)|"
    r"(?:例|先日|先ほど|さっき|この前|こないだ|この間|以前|前回|先週|昨日)の(?:やつ|話|質問|あれ|メール|問い?合わせ|件)"
)
HOW_IS_IT_JA = (
    r"いかが|如何|どう(?:な|で(?:す|し|$)|[?])|どないな|教えて|聞かせ|お知らせ(?:くだ|いただ|願)|知らせて(?:くだ|ほ)|"
    r"伺(?:え|い)|確認させて|ご報告を|ご教示|どのような|どの(?:段階|あたり)|"
    r"(?:あり|判明し|分かり|わかり|決まり|見つかり|出|でき|進み|届き|終わり|解決し|なり|なって|取れ|済み|され|し)"
    r"(?:ました|ます|まし|そう|たん|ません|ています|てます)(?:でしょう)?(?:か|[?])|"
    r"(?:終わ|分か|わか|決ま|進|取れ|済|でき|見つか)(?:った|んだ|た|んで)(?:ん|の)?(?:です|でしょう)?(?:か|[?])|"
    r"進んで(?:い|ます)|止まって(?:い|ま)|動きが|動かない"
)
IS_AGREED_JA = r"とのこと|予定(?:で|と|だっ)|と(?:言われ|伺|聞|おっしゃ|言って|書いて)|って(?:言|聞い|書い)|はず|お?約束|以内|までに|営業日"
IS_MISSED_JA = (
    r"まだ|ません|ない|でした(?:が|けど|よね)|よね|嘘|過ぎ|破|守|か[?。]?$|ですが|ですけど"
)
PAIRS_JA = [
    (OUR_ANSWER_JA, IS_LACKING_JA),
    (OUR_WORK_JA, HOW_IS_IT_JA),
    (IS_AGREED_JA, IS_MISSED_JA),
]
ALONE_JA = [
    r"その後(?:は|、|の|、?何か|、?どう|、?いかが|、?ご)?.{0,16}(?:いかが|どう|[?]|か(?:。|$)|連絡|進|状況)",
    r"^(?:すみません、?|あの、?|えっと、?)?(?:まだ(?:です|でしょう|かかり|[?ー〜~])|進捗|どうなって(?:い|る|ま)|どうなり|どうな(?:った|ん)|いかがでしょう)",
    r"^(?:おーい|もしも?ー?し|ねえ+|ねぇ|あの[〜ー~…]+|誰か)(?:.{0,6})$|もしも?ー?し",
    r"(?:サポート|担当|誰か|どなたか|中の人).{0,10}(?:見て|いま(?:す|せん)|いらっしゃ|読んで|お休み).{0,6}(?:か|[?])|^(?:既読|見て(?:ます|る|い)|聞いて(?:ます|る)|読んで(?:ます|る))",
    r"[0-9一二三四五六七八九十数何半]+(?:営業)?(?:日|週間|か月|ヶ月|カ月|ヵ月|時間)(?:以上|近く|目)?(?:も|が)?.{0,4}(?:経|たち|たって|過ぎ|待|になり|になる|目です|放)|から(?:もう|早).{0,4}(?:日|週|月|時間)|もう.{0,8}(?:日|週間|月|曜)(?:です|だ|目)(?:よ|けど|が|。|$)?|もう[0-9一二三四五六七八九十数何半]+(?:日|週|か月|ヶ月|時間|年)",
    r"放置|放ったらかし|ほったらか|ほっとか|無視(?:です|され|しな|か|する|って|した)|音沙汰|催促(?:する|の|です|し|みた)|リマインド|スルー|再々?(?:送|投稿)|再度(?:ご|お)?(?:連絡|問い?合わせ|メール|伺|お送り|質問)|(?:改めて|重ねて)(?:ご|お)?(?:連絡|送|問|願|伺)|(?:[二三23]|何)(?:度|回)目(?:です|の|も|にな)|たらい回し",
    r"待って(?:い|お)?(?:る(?:の|ん|と|け)|ます(?:が|けど|$|。|ので|よ)|ました|られ|れば)|待ち(?:くたび|ぼうけ|続け)|お待ちして(?:いる|おる|おります(?:が|。もう|ので))|ずっと待|いつまで(?:待|かか|も待|経)|待たせ(?:る|すぎ|ん|て)|待てば|待て(?:ない|ません)|首(?:を長く|がキリン)",
    r"(?:メール|問い?合わせ|質問|メッセージ|フォーム|書類|手紙|依頼|件).{0,16}(?:届いて(?:い|お)?(?:ます|り|る)|届きました(?:か|で)|見て(?:いただ|もら|くれ)|ご覧(?:いただ|になり|に)|読んで(?:いただ|もら|くれ)|確認(?:いただ|して(?:いただ|もら))けました)|迷惑メール(?:に|フォルダ)",
    r"(?:返金|返事|回答|連絡|対応|結果|見積|修理|処理|解決)(?:は|って|の)?.{0,4}いつ(?:に|で|頃|ごろ|$|[?])|いつ(?:頃|ごろ|まで|に)?.{0,14}(?:返事|返信|回答|連絡(?:が|を)|分かり|わかり|聞け|結果)",
    r"あとどれ(?:くらい|ぐらい)|どれくらい(?:かかり|待)|(?:何か|なにか|なんか).{0,6}(?:進展|分かり|わかり|動き|分かった|わかった)(?:.{0,10})(?:か|[?])",
    r"(?:対応中|受付中).{0,8}(?:のまま|ずっと)|(?:こちらから|何度も).{0,10}(?:連絡|問い?合わせ|電話|送).{0,20}(?:ないと|ません|ない|なぜ|返|て(?:い)?ます|いいん)",
    r"なしのつぶて|返って(?:こ|来)(?:ない|ません)|(?:随分|ずいぶん|だいぶ|大分|結構|かなり)(?:時間が)?(?:経|たち|たって)|フォローアップ(?:させ|し)|ご?確認(?:は)?(?:いただけ|して(?:いただけ|もらえ|くれ))(?:まし|てま)|(?:質問|件|番号|順番|私|わたし).{0,8}飛ばされ|前(?:なの|だった)に(?:。|$)",
    r"消費者センター|忘れ(?:られ|て(?:い)?(?:ません|ない|ます(?:か|[?])|る[?])|とら|去)|埋もれ|行き違い(?:でし|なら|に)|対応(?:が)?(?:遅|まだ|ない)|(?:ちゃんと|本当に).{0,8}(?:処理|対応|届|見)",
]
NOT_ASKED_JA = [
    r"(?:返事|返信|連絡|回答)(?:が|も)?(?:大変)?遅(?:くな|れ(?:て|まし))|お待たせ(?:し|いた)|お?知らせ(?:し|いた)ます(?!。?念)|ご?報告(?:し|いた)|お送り(?:し|いた)ます|添付(?:し|いたし)",
    r"(?:分かり|わかり|確認でき|届き|決まり|着き)次第|少々?お待ち|もう少し(?:お?待)|待っている間に|お待ちください|待たなくて|こちらから(?:ご連絡|お電話)(?:し|いた)|急ぎません|(?:かまい|構い)ません|いつでも",
    r"(?:進捗|状況|ステータス)(?:管理|バー|欄|表示|画面|ページ|を見られる|は変わ)|方法を|やり方|手順を|規定|文字化け|チャットボット|リマインドメール|公開され|催促状|応答なし|無視して(?:くだ|結構)|どうな(?:って|る)(?:い)?(?:る)?の?か(?:分|わ)か",
]
OUR_ANSWER_EN = (
    r"\b(?:repl(?:y|ies|ied)|respon(?:d|ded|se|ses)|answer(?:s|ed)?|hear(?:d)?|call(?:ed|s)? (?:me|us|back)|call ?back|r[au]ng back|"
    r"(?:got(?:ten)?|get(?:ting)?|come|came|write|wrote|anything|something) back|contact(?:ed)? (?:me|us)|in touch|acknowledge\w*|update (?:me|us)|updates?|news|"
    r"word|quotation|decision|outcome|feedback|silence|crickets|return from you\w*|revert)\b"
)
IS_LACKING_EN = (
    r"\b(?:no|not|never|nothing|none|yet|still|when|waiting|outstanding|overdue|twice|since|nobody|no ?one|neither|without|until|unanswered|"
    r"promised|supposed|should have|today|asap|please could|could (?:you|someone|somebody|anyone)|can (?:you|someone|somebody|anyone)|"
    r"would (?:love|like|appreciate)|grateful|any|ever|at some point|why|by now|kindly|need|one of you)\b|n'?t\b|\bhavent\b|\bdidnt\b"
)
SOMEBODY_EN = r"\b(?:nobody|no ?one|anybody|anyone|someone|somebody|a human|a person)\b"
DOES_EN = r"\b(?:repl\w+|respon\w+|answer\w*|call(?:ed|ing|s)?|contact\w*|get(?:ting)? back|got back|look(?:ed|ing)?|tell|told|there|read\w*|acknowledg\w*|in touch|home|alive|care\w*|help me|listening)\b"
IT_EN = (
    r"\b(?:status|progress|movement|position|eta|investigation|application|claim|case|ticket|request|enquiry|inquiry|quote|quotation|refund|"
    r"repair|order|complaint|issue|problem|this|that|it|things|matter|result|decision|outcome|appeal|mine|question|query|i)\b"
)
HOW_IS_IT_EN = (
    r"\b(?:any (?:news|update|progress|movement|word|luck|eta|idea when|joy|developments?)|how(?:'?s| is| are)\b.{0,50}\b(?:going|coming along|progress\w*|getting on|looking)|"
    r"what(?:'?s| is| ever)?\b.{0,24}\b(?:happen\w*|going on|status|position|latest|hold ?-?up|delay)|where (?:are we|do we stand|things stand|is (?:my|the|this|our)\b.{0,20}\b(?:answer|reply|quote|request|case|claim)|we are)|"
    r"still (?:looking|open|pending|waiting|being|outstanding|unresolved|with)|"
    r"(?:have|did|were|has|had|are|if|whether)\b.{0,24}\b(?:found (?:out|any)|find (?:out|any)|look(?:ed)? (?:at|into)|heard|manage\w* to|been able|(?:a )?chance|time to|decided|decision|reached you|see|saw|seen|received? (?:my|it|this)|got my|read my|movement|news|arrive\w*)|"
    r"(?:tell me|let me know|know|say|idea|indication of) (?:when|where|whether there|what'?s|timescales?|timings?|if (?:my|there|you))|expected? (?:date|time)|by when)\b"
)
PAIRS_EN = [(OUR_ANSWER_EN, IS_LACKING_EN), (SOMEBODY_EN, DOES_EN), (IT_EN, HOW_IS_IT_EN)]
ALONE_EN = [
    r"\bcan you (?:tell|say)(?: \w+)? when\b|\b(?:any|some|an?) (?:\w+ )?(?:news|updates?|progress|eta)\b.{0,40}(?:\?|$)|\banything new\b|^(?:so[?,. ]*)?(?:status|eta|update|news|well|hello|anyone|anybody|ping|bump|nudge|knock knock|(?:are )?(?:yo)?u there)\W*$",
    r"\b(?:following|followed) up\b|\bfollow(?:ing)?[- ]up (?:on|to|about|regarding|re)\b|\bto follow up\b|\bcheck(?:ing|ed)? (?:in|back)\b(?! to)|\btouch(?:ing)? base\b|\bcircl(?:e|ing) back\b|\bbump(?:ing)?\b|\bchas(?:e|er|ing|ed)\b|\bnudg(?:e|ing)\b|\b(?:gentle|friendly|kind|quick|polite|second|another|just a|this is a|little) reminder\b|^reminder\b|\bresend(?:ing)?\b|\bsending (?:this )?again\b|\bre-?sent\b|\bfloating\b|\bsecond request\b|\b(?:second|third|fourth|fifth) (?:time|request|mail|e-?mail|message|attempt)\b",
    r"\bstill (?:nothing|no \w+|not heard|waiting|haven'?t)\b|\b(?:i am|i'?m|we are|we'?re|been|still|keep|kept|left|just|sit(?:ting)?)\b.{0,16}\bwait(?:ing)?\b(?!.{0,12}\b(?:until it|for my|for our|list)\b)|\bhow (?:much )?long(?:er)?\b.{0,20}\b(?:will (?:this|it|the \w+)|do (?:i|we) have|must|am i|before (?:i|we)|until (?:i|we)|is this)\b",
    r"\b(?:\d+|an?|two|three|four|five|six|seven|eight|nine|ten|several|many|few|some)\b (?:\w+ )?(?:hours?|days?|weeks?|months?|fortnight)\b.{0,30}\b(?:since|now|passed|already|and (?:still|no|nothing)|without|silence|of (?:silence|being)|and counting)\b|\b(?:been|over|for)\b.{0,10}\b(?:\d+|an?|two|three|four|five|six|seven|ten|several) (?:\w+ )?(?:days?|weeks?|months?|fortnight)\b|\bwe are on day\b|\bopen for (?:ages|\w+ (?:days|weeks|months))\b|\b(?:sent|asked|wrote|emailed|submitted|raised|reported)\b.{0,20}\b(?:days?|weeks?|months?) ago\b",
    r"\byou (?:said|promised|told me|were going)\b|\byour (?:colleague|agent|website|auto\w*)\b.{0,20}\b(?:said|promised|promises|told)\b|\bi was (?:told|promised|assured)\b|\bas promised\b|\blast i heard\b|\bwas (?:supposed|meant) to\b|\bdeadline\b.{0,40}\b(?:was|passed|gone)\b",
    r"\bignored\b|\bbeing ignored\b|\bignoring (?:me|us)\b|\bunanswered\b|\bawaiting (?:your|a|an)\b|\bin case (?:you (?:missed|didn)|this (?:got|was))|\b(?:buried|slipped|fallen|forgotten|overlooked)\b.{0,20}\b(?:inbox|cracks|us|me|through|mail|about)\b|\bblack hole\b|\b(?:the|a) void\b|\bis (?:this|anyone|anybody|someone)\b.{0,16}\b(?:there|reading|monitored|on|alive)\b|\bhave you forgotten\b|\bpassed around\b",
    r"\b(?:give|send|get|have|need|want|like|appreciate|expect)\b.{0,20}\b(?:an? update|answer|reply|response|some news)\b(?!.{0,12}\bfrom (?:my|our|the)\b)|\bplease (?:update (?:me|us)|reply|respond|answer)\b|\bget back to (?:me|us)\b|\blook(?:ing)? forward to (?:hearing|your (?:reply|response|answer))\b.{0,40}\b(?:been|already|since)\b|\bby now\b|\bcould you confirm it is\b",
    r"\b(?:my|the|our) (?:last|previous|earlier|first|original)(?: \w+)? (?:e-?mails?|messages?|enquiry|inquiry|letter|ticket|request)s? (?:went|was|has|have|about|regarding|of|from|dated|and)\b|\bprevious (?:two|three|\d) (?:e-?mails|messages)\b|\b(?:wrote|written|emailed|e-mailed|contacted|contacting|called|rang|phoned|asked|messaged) (?:you|this|about this|in|to you)\b.{0,30}\b(?:times?|twice|again|ago|last|on (?:the|mon|tue|wed|thu|fri|\d))\b",
    r"\b(?:did|have|has|were|was|are) (?:you|u|anyone|anybody|someone|it|this|that|my \w+|the \w+)\b.{0,40}\b(?:get (?:my|it|the|this)|got (?:my|any|anything)|find out|found|able to|received? (?:my|it|the|this)|seen? (?:my|this)|read my|forgotten|go(?:ne)? through|going to (?:let|tell|answer|reply|call)|lost|(?:still )?working on|manage\w*)\b|\bcall me back\b|\b(?:final|last) request\b|\btotal silence\b|\bhold[ -]?up\b|\bget back to (?:people|ppl)\b|\bnobody has\b|\bto tell me how\b.{0,30}\bcoming along\b",
    r"\bcrickets\b|\btick tock\b|\bforg[eo]t(?:ten)? (?:about )?(?:me|us|my|this|it)\b|\bsending it again\b|\b(?:confirm|know) (?:that )?you(?:'ve| have)? (?:received|got|seen)\b|\bgonna (?:reply|answer|call)\b|\bwhere'?s (?:my|the) (?:answer|reply|response|callback|refund|quote)\b|\byou (?:mentioned|had said|agreed|wanted to)\b.{0,24}\b(?:would|you'd|check|get|call|e-?mail|send|look)\b|\bnothing has (?:arrived|come|happened|changed)\b|\bg[eo]t(?:ting)? anywhere\b|\bmy turn\b|\bback of the queue\b",
    r"\bsorry to (?:bother|chase|be a pest|pester|nag|ask again|trouble)\b|\bhate to (?:be|nag|ask|bother)\b|\bbother you again\b|\b(?:ask|asking|write|writing|contacting you) again\b|\b(?:it'?s|it is) \w+(?: \w+)? again\b|\bhi again\b|\bnuisance\b",
]
NOT_ASKED_EN = [
    r"\bfollow(?:ing)? up with (?:the|my|our|some|more)\b|\bthank(?:s| you)\b.{0,40}\b(?:update|following|checking|getting back|reply|answer|response|keeping me|call|reminder)\b",
    r"\bany (?:of|idea why)\b|\bsorry for (?:the|my) (?:late|delay|slow)|\b(?:from|on) my (?:side|end)\b|\b(?:i|we|she|he|they|accountant|colleague|department|team)(?:'ll| will| shall)\b.{0,12}\b(?:get back|let you know|reply|answer|update|follow up|chase|check)\b|\bif (?:i|we) (?:don't|do not) (?:reply|answer)\b|\bno need to (?:reply|answer|respond|call)\b",
    r"^(?:correction|how (?:do|can|does|should) (?:i|we|you)\b(?!.*\blong\b)|what does|where (?:do|can) i|who do i|is there a way|does (?:the|it|your))|\b(?:please|pls) (?:ignore|call me (?:at|on|after|before)|send any|don'?t call)\b|\bchat ?bot\b|\bworking again now\b|\"[^\"]*wait|\bauto[- ]?repl|\bout[- ]of[- ]office|\b(?:response|reply|answer) (?:from|to) (?:the |your )?(?:server|api|question|quiz)|\bgot your (?:answer|reply)\b|\bawaiting payment\b|\blet me get back\b|\bi'?(?:ll| will) send\b|\blatest (?:update|version)\b",
]
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
Pair = tuple[re.Pattern[str], re.Pattern[str]]


def _pairs(pairs: list[tuple[str, str]]) -> list[Pair]:
    return [(re.compile(one), re.compile(other)) for one, other in pairs]


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


JA, EN = (
    (_pairs(PAIRS_JA), _any(ALONE_JA), _any(NOT_ASKED_JA)),
    (_pairs(PAIRS_EN), _any(ALONE_EN), _any(NOT_ASKED_EN)),
)


def meaning_of(text: str, *, has_files: bool = False) -> str:
    """What a further message of a customer means, by the words they wrote themselves: a Meaning, or
    empty. `text` is without the quoted letter; takes time in proportion to LOOKED_AT at most."""
    words = unicodedata.normalize("NFKC", text[:LOOKED_AT]).lower().replace("\u2019", "'")
    own = "\n".join(line for line in words.splitlines() if not line.lstrip().startswith(">"))
    if not has_files and len(text) <= LONGEST_THANKS and _only_thanks(own):
        return Meaning.THANKS
    if BARE.fullmatch(own.strip()):
        return Meaning.CHASER
    sentences = [_together(each.group()) for each in SENTENCE.finditer(own)]
    if any(_asks_for_news(sentence) for sentence in filter(None, sentences)):
        return Meaning.CHASER
    return ""


def _together(sentence: str) -> str:
    """On one line; Japanese without spaces, which it does not need."""
    return re.sub(r"\s+", "" if JAPANESE.search(sentence) else " ", sentence).strip()


def _asks_for_news(sentence: str) -> bool:
    pairs, alone, denied = JA if JAPANESE.search(sentence) else EN
    if denied.search(sentence):
        return False
    return bool(alone.search(sentence)) or any(
        one.search(sentence) and other.search(sentence) for one, other in pairs
    )


def _only_thanks(words: str) -> bool:
    """Nothing is left when all that people say around a thanks is taken away, but who they are."""
    if "?" in words or not GRATITUDE.search(words):
        return False
    lines = [_together(line) for line in words.splitlines() if line.strip()]
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
