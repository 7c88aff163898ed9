"""What the generated customers and agents say: sentences put together from lists.

A share of the messages has a marked word, so that searches of known frequency exist.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    family_names: list[str]
    given_names: list[str]
    things: list[str]
    subjects: list[str]
    greetings: list[str]
    asks: list[str]
    details: list[str]
    answers: list[str]
    notes: list[str]
    order: str

    def name(self, family: str, given: str) -> str:
        """As it is written in the language."""
        return f"{family} {given}" if self is JAPANESE else f"{given} {family}"


JAPANESE = Language(
    family_names=[
        "佐藤",
        "鈴木",
        "高橋",
        "田中",
        "渡辺",
        "伊藤",
        "山本",
        "中村",
        "小林",
        "加藤",
        "吉田",
        "山田",
        "佐々木",
        "松本",
        "井上",
        "木村",
        "清水",
        "林",
        "斎藤",
        "森",
    ],
    given_names=[
        "花子",
        "太郎",
        "美咲",
        "翔太",
        "陽菜",
        "大輔",
        "由美",
        "健一",
        "さくら",
        "直樹",
        "恵子",
        "拓也",
        "真由美",
        "学",
        "彩",
        "誠",
        "愛",
        "進",
    ],
    things=[
        "プリンター",
        "ラベル",
        "インクカートリッジ",
        "請求書",
        "会員証",
        "ノートパソコン",
        "充電器",
        "冷蔵庫",
        "掃除機",
        "定期便",
        "領収書",
        "クーポン",
        "ポイント",
        "アプリ",
        "延長保証",
        "フィルター",
        "交換部品",
        "電動自転車",
        "加湿器",
        "炊飯器",
    ],
    subjects=[
        "{thing}が届きません",
        "{thing}の交換について",
        "{thing}が動かなくなりました",
        "{thing}の返金をお願いします",
        "{thing}の設定方法を教えてください",
        "{thing}の見積もりを希望します",
        "{thing}に傷がありました",
        "{thing}の名義変更",
    ],
    greetings=[
        "お世話になっております。",
        "いつも利用させていただいています。",
        "はじめまして。",
        "先日は早速のご返信をありがとうございました。",
    ],
    asks=[
        "先週購入した{thing}について教えてください。",
        "{thing}の電源が入らず、困っています。",
        "{thing}の手続きはどこから行えばよいでしょうか。",
        "{thing}がまだ手元に届いておりません。",
        "{thing}の色が注文したものと違っていました。",
        "{thing}を使い始めてから、異音がするようになりました。",
    ],
    details=[
        "何度か再起動を試しましたが、変わりませんでした。",
        "家族も同じ症状を確認しています。",
        "週末までに使いたいので、急いでいただけると助かります。",
        "写真を撮りましたので、必要であればお送りします。",
        "保証書は手元にあります。",
        "平日の午後であれば電話に出られます。",
        "以前にも同じことがありました。",
    ],
    answers=[
        "ご不便をおかけし、申し訳ございません。",
        "{thing}の状況を倉庫に確認しております。",
        "{thing}の代わりの品を本日発送いたしました。",
        "恐れ入りますが、{thing}の型番をお知らせいただけますでしょうか。",
        "お手数ですが、添付の手順をお試しください。",
        "確認でき次第、改めてご連絡いたします。",
    ],
    notes=[
        "{thing}は在庫なし、入荷は来週の予定。",
        "電話でも問い合わせあり、折り返し済み。",
        "{thing}の件は物流チームに確認中。",
    ],
    order="注文番号は {order} です。",
)
ENGLISH = Language(
    family_names=[
        "Clarke",
        "Murphy",
        "Hughes",
        "Walsh",
        "Fletcher",
        "Bennett",
        "Doyle",
        "Harper",
        "Osborne",
        "Sinclair",
        "Whitaker",
        "Novak",
        "Lindqvist",
        "Moreau",
        "Rossi",
        "Keller",
    ],
    given_names=[
        "Emma",
        "Liam",
        "Olivia",
        "Noah",
        "Grace",
        "Ethan",
        "Sofia",
        "Lucas",
        "Maya",
        "Oscar",
        "Chloe",
        "Adam",
        "Nora",
        "Felix",
        "Ruth",
        "Hugo",
    ],
    things=[
        "printer",
        "label",
        "cartridge",
        "invoice",
        "membership",
        "laptop",
        "charger",
        "fridge",
        "vacuum",
        "subscription",
        "receipt",
        "voucher",
        "app",
        "warranty",
        "filter",
        "bicycle",
        "humidifier",
        "kettle",
    ],
    subjects=[
        "My {thing} has not arrived",
        "Replacement for the {thing}",
        "The {thing} stopped working",
        "Where is my money for the {thing}",
        "How do I set up the {thing}?",
        "A quote for one {thing}",
        "Scratches on the {thing}",
        "Another name on the {thing}",
    ],
    greetings=["Hello,", "Good morning.", "Thank you for the quick answer.", "Hi there,"],
    asks=[
        "I bought a {thing} last week and have a question about it.",
        "The {thing} does not switch on any more.",
        "Where can I find the form for the {thing}?",
        "I am still waiting for the {thing}.",
        "The colour of the {thing} is not the one I chose.",
        "Since I use the {thing} it makes a strange noise.",
    ],
    details=[
        "I restarted it several times and nothing changed.",
        "My neighbour sees the same thing.",
        "I need it before the weekend, so please be quick.",
        "I took some pictures and can send them.",
        "I still have the papers that came with it.",
        "You can reach me in the afternoon.",
        "This is not the first time.",
    ],
    answers=[
        "I am sorry for the trouble.",
        "I am asking our warehouse about the {thing}.",
        "A new {thing} left our warehouse today.",
        "Could you tell me the model of your {thing}?",
        "Please try the steps in the attached guide.",
        "I will write again as soon as I know more.",
    ],
    notes=[
        "No {thing} in stock, the next ones come next week.",
        "Called as well, I called back.",
        "Logistics looks into the {thing}.",
    ],
    order="The order number is {order}.",
)
# Sentences with a word of a known frequency: one message in so many says it.
MARKED: dict[int, tuple[str, str]] = {
    200: ("返品したいと考えています。", "I would like to return it for a refund."),
    2_000: ("契約の解約を検討しています。", "The box showed a quasar on its cover."),
    20_000: ("瑠璃色の箱に入っていました。", "It came in a vermilion box."),
}
# Of a customer who only asks for news.
NEWS = ("その後いかがでしょうか。", "Is there any news on this?")
