"""A believable day at a helpdesk. Times are minutes before the moment the demo is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field

AIKO, BEN = "aiko@example.com", "ben@example.com"


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    language: str = "ja"
    phone: str = ""


@dataclass(frozen=True)
class Line:
    """Something said or written `ago` minutes ago. `by` is empty for the customer.

    A reply promises the next contact in `promise` minutes from the moment of loading (negative:
    that moment is past), or solves.
    """

    ago: int
    text: str
    by: str = ""
    promise: int | None = None
    solves: bool = False
    is_note: bool = False


@dataclass(frozen=True)
class Conversation:
    person: Person
    subject: str
    channel: str
    lines: list[Line] = field(default_factory=list)
    priority: str = "normal"
    assignee: str = ""


AOBA = ("株式会社あおば製作所", "aoba-works.example")
NORTHSIDE = ("Northside Coffee", "northside.example")
ORGANIZATIONS = [AOBA, NORTHSIDE]

HANA = Person("hana.yamada@aoba-works.example", "山田 花子", phone="03-5555-0142")
SATO = Person("k.sato@aoba-works.example", "佐藤 健一")
TAKAHASHI = Person("mika.takahashi@example.net", "高橋 美香")
ITO = Person("ito.daisuke@example.net", "伊藤 大輔")
WATANABE = Person("watanabe@example.org", "渡辺 真由美")
NAKAMURA = Person("nakamura.yuki@example.net", "中村 悠希")
KOBAYASHI = Person("kobayashi@example.org", "小林 直子")
EMMA = Person("emma.clarke@northside.example", "Emma Clarke", "en")
LIAM = Person("liam.osei@northside.example", "Liam Osei", "en")
SOFIA = Person("sofia.lind@example.net", "Sofia Lind", "en")

CONVERSATIONS = [
    # Due in eight minutes: the one to answer first.
    Conversation(
        HANA,
        "ラベルプリンターの印字がかすれます",
        "web",
        [
            Line(
                190,
                "お世話になっております。あおば製作所の山田です。\n\n"
                "先週納品いただいたラベルプリンター（LP-220）の印字が、今朝からかすれるようになりました。"
                "用紙とリボンは純正品です。\n出荷ラベルが読み取れず困っております。ご確認をお願いいたします。",
            ),
            Line(
                150,
                "ご不便をおかけしております。\n\n印字ヘッドの清掃で改善する場合がございます。手順書をご用意しますので、"
                "その間に「設定 > 印字濃度」の値をお知らせいただけますでしょうか。",
                by=AIKO,
                promise=8,
            ),
            Line(95, "印字濃度は「3」になっています。清掃はまだ行っていません。"),
            Line(
                60,
                "LP-220 の濃度は出荷時 5。3 に下がっているのは更新 2.1 の不具合かもしれない。開発に確認中。",
                by=BEN,
                is_note=True,
            ),
        ],
        priority="high",
        assignee=AIKO,
    ),
    # Broken twelve minutes ago.
    Conversation(
        TAKAHASHI,
        "請求書の宛名を変更したい",
        "email",
        [
            Line(
                300,
                "10月分の請求書の宛名が旧社名のままになっています。\n"
                "「高橋デザイン事務所」に変更した請求書を再発行していただけますか。月末の支払いに間に合わせたいです。",
            ),
            Line(
                240,
                "ご連絡ありがとうございます。経理に再発行を依頼いたしました。\n"
                "発行の見込みがわかり次第、あらためてご連絡いたします。",
                by=AIKO,
                promise=-12,
            ),
        ],
        assignee=AIKO,
    ),
    # The same customer by telephone and by mail: one record over three channels.
    Conversation(
        HANA,
        "リボンの追加注文について（お電話）",
        "phone",
        [
            Line(
                1500,
                "リボン LR-60 を 20 本追加したいとのお電話。納期は来週でよいが、請求は本体と分けてほしいとのこと。",
            ),
            Line(
                1470,
                "LR-60 を 20 本、11月分として別請求で承りました。来週水曜日の着荷を予定しております。",
                by=BEN,
                solves=True,
            ),
        ],
        assignee=BEN,
    ),
    Conversation(
        HANA,
        "納品書の再送のお願い",
        "email",
        [
            Line(4400, "先月分の納品書を紛失してしまいました。PDF で再送いただけますか。"),
            Line(
                4330, "納品書をお送りいたしました。ご確認をお願いいたします。", by=AIKO, solves=True
            ),
            Line(4300, "受け取りました。助かりました。ありがとうございます。"),
            Line(4290, "ご確認いただきありがとうございました。", by=AIKO, solves=True),
        ],
        assignee=AIKO,
    ),
    Conversation(
        EMMA,
        "Card reader loses its connection every afternoon",
        "web",
        [
            Line(
                130,
                "Hi,\n\nsince the update on Tuesday our card reader drops off the Wi-Fi around 2 pm, "
                "in the middle of the lunch rush. Restarting it helps for an hour or so. We have had to "
                "send people to the cash machine across the road.\n\nCan you look into this?",
            ),
            Line(
                100,
                "Thank you for the precise description, Emma. Two other shops saw the same after the "
                "update. We are testing a fix and I will tell you this afternoon whether it is ready.",
                by=AIKO,
                promise=95,
            ),
        ],
        priority="urgent",
        assignee=AIKO,
    ),
    # Nobody has looked at these yet.
    Conversation(
        ITO,
        "ログインできなくなりました",
        "web",
        [
            Line(
                25,
                "昨日までは使えていたのですが、今朝から「パスワードが違います」と表示されます。"
                "再設定のメールも届きません。迷惑メールフォルダも確認しました。",
            )
        ],
    ),
    Conversation(
        SOFIA,
        "Do you ship to Sweden?",
        "web",
        [
            Line(
                40,
                "Hello! We would like to order twelve LP-220 printers for our warehouse in Malmö. Do you "
                "ship to Sweden, and are the power supplies suitable for 230 V?",
            )
        ],
    ),
    Conversation(
        WATANABE,
        "解約の手続きについて",
        "email",
        [
            Line(
                75,
                "来月で事業を縮小することになり、プランの解約を検討しています。\n"
                "データの書き出し方法と、解約の締め日を教えてください。",
            )
        ],
    ),
    Conversation(
        SATO,
        "見積書のご依頼（LP-220 五台）",
        "email",
        [
            Line(
                500,
                "お世話になっております。あおば製作所の佐藤です。\n"
                "第二工場向けに LP-220 を五台追加したく、見積書をお願いいたします。",
            ),
            Line(
                460,
                "お問い合わせありがとうございます。納期とあわせて確認し、明後日までにお見積りをお送りいたします。",
                by=BEN,
                promise=2600,
            ),
            Line(
                70,
                "台数が六台になりそうです。見積りは六台でお願いできますか。お急ぎいただかなくて結構です。",
            ),
        ],
        assignee=BEN,
    ),
    Conversation(
        LIAM,
        "Invoice shows the wrong VAT number",
        "email",
        [
            Line(
                480,
                "Our October invoice (INV-3391) carries the VAT number of our old company. Could you "
                "issue a corrected one?",
            ),
            Line(
                430,
                "Thank you, Liam. I have asked accounting for a corrected invoice; it needs one more "
                "signature. You will hear from me the day after tomorrow at the latest.",
                by=BEN,
                promise=3100,
            ),
        ],
        assignee=BEN,
    ),
    Conversation(
        NAKAMURA,
        "アプリの文字を大きくしたい",
        "web",
        [
            Line(360, "画面の文字が小さくて読みづらいです。大きくする設定はありますか。"),
            Line(
                330,
                "「設定 > 表示 > 文字の大きさ」で四段階からお選びいただけます。"
                "変更後はアプリを一度閉じて開き直してください。",
                by=AIKO,
                solves=True,
            ),
        ],
        priority="low",
        assignee=AIKO,
    ),
    Conversation(
        KOBAYASHI,
        "領収書の発行方法を教えてください",
        "web",
        [
            Line(1600, "クレジットカードで支払った分の領収書は、どこから発行できますか。"),
            Line(
                1540,
                "「マイページ > お支払い履歴」の各行にある「領収書」から、PDF で発行いただけます。",
                by=AIKO,
                solves=True,
            ),
        ],
        assignee=AIKO,
    ),
]
