"""What customers of the demo find before they ask, and what only the desk may read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Agent
from helpdesk.demo.topics import BILLING, FAULT, TOPICS, USE
from knowledge.models import Audience, Collection, SearchCount
from knowledge.services.arranging import save_collection, save_synonyms
from knowledge.services.counting import record_feedback
from knowledge.services.writing import create_article, publish, save_draft
from topics.models import Topic

PRINTERS, MONEY, ACCOUNT = "devices", "billing", "account"

# Each with its names and explanations in Japanese and in English.
COLLECTIONS: list[tuple[str, str, str, str, str]] = [
    (
        PRINTERS,
        "プリンター・リーダー",
        "Printers and readers",
        "印字、接続、消耗品について",
        "Printing, connecting, supplies",
    ),
    (
        MONEY,
        "請求・お支払い",
        "Billing",
        "請求書、領収書、お支払い方法について",
        "Invoices, receipts, payment",
    ),
    (
        ACCOUNT,
        "アカウント・使い方",
        "Account and use",
        "ログイン、画面の設定について",
        "Signing in, settings of the screen",
    ),
]

SYNONYMS = """
請求書, インボイス, invoice, bill
領収書, レシート, receipt
プリンター, 印刷機, printer
印字, 印刷, プリント, printing
かすれる, 薄い, faint, pale
パスワード, 暗証番号, password
ログイン, サインイン, sign in, log in
"""

FAINT = """
印字がかすれるときは、多くの場合、**印字ヘッドの清掃**で改善します。

## 手順

1. 本体の電源を切り、5分ほど置いて冷まします。
2. カバーを開け、リボンを取り外します。
3. 付属のクリーニングペンで、ヘッドを一方向に数回拭きます。
4. 1分ほど乾かし、リボンを戻します。

## それでも改善しない場合

| 症状 | 確認すること |
|---|---|
| 縦に白い線が入る | ヘッドの一部が消耗しています。交換をご案内します |
| 全体に薄い | 「設定」→「印字濃度」の値を上げます（出荷時は5） |
| 端だけかすれる | リボンの向きと張りを確認します |

型番は本体裏面のラベルに記載があります。お問い合わせの際にお知らせください。
"""
FAINT_EN = """
When labels come out faint, **cleaning the print head** helps in most cases.

## What to do

1. Switch the printer off and let it cool down for five minutes.
2. Open the cover and take the ribbon out.
3. Wipe the head a few times in one direction with the cleaning pen.
4. Let it dry for a minute and put the ribbon back.

## If that does not help

| What you see | What to check |
|---|---|
| A white line | A part of the head is worn. We arrange a replacement |
| All of it is pale | Raise “Density” in the settings (it is 5 at first) |
| Only the edge is faint | Look at how the ribbon is fitted |

The model is on the label at the back. Please have it ready when you write to us.
"""
READER = """
カードリーダー CR-10 の接続が切れる場合は、次の順にご確認ください。

1. USBケーブルを、本体に直接つなぎます（ハブは使いません）。
2. パソコンの「省電力」で、USBの電源を切らない設定にします。
3. ドライバーを最新のものに更新します。

- 毎日同じ時刻に切れる場合は、省電力の設定が原因のことが多くあります。
- 別のパソコンでも切れる場合は、本体の不具合が考えられます。
"""
READER_EN = """
If the card reader CR-10 loses its connection, please check in this order.

1. Connect the USB cable to the computer itself, not to a hub.
2. In the energy settings, keep Windows from switching USB off.
3. Update the driver.

- When it happens at the same time every day, it is usually the energy settings.
- When it happens on another computer too, the reader is probably faulty.
"""
INVOICE = """
請求書の宛名は、マイページからいつでも変更できます。

1. 「設定」→「ご請求先」を開きます。
2. 宛名を入力し、「保存」を押します。

> 変更は**次回発行分から**反映されます。発行済みの請求書の再発行をご希望の場合は、請求書番号を添えて[お問い合わせください](/contact/)。
"""
INVOICE_EN = """
You can change the name on your invoices at any time.

1. Open “Settings”, then “Billing address”.
2. Enter the name and press “Save”.

> It holds **from the next invoice on**. For a corrected copy of an earlier one, [write to us](/contact/) with its number.
"""
RECEIPT = """
領収書は、マイページの「お支払い履歴」から発行できます。

- お支払いの確認後、翌営業日から発行できます。
- 宛名と但し書きは、発行の画面で入力します。
- 再発行したものには「再発行」と記載されます。
"""
RECEIPT_EN = """
Receipts are in “Payments” of your account.

- They are there from the business day after your payment.
- You enter the name and what it is for when you make the receipt.
- A second copy says that it is one.
"""
FORGOTTEN = """
パスワードをお忘れの場合は、ログイン画面の「パスワードをお忘れの方」から再設定できます。

1. ご登録のメールアドレスを入力します。
2. 届いたメールのリンクを、1時間以内に開きます。
3. 新しいパスワードを設定します。

メールが届かないときは、迷惑メールのフォルダをご確認ください。
"""
FORGOTTEN_EN = """
If you have forgotten your password, choose “Forgotten?” on the sign-in page.

1. Enter the address of your account.
2. Open the link in our mail within an hour.
3. Choose a new password.

No mail? Please look into the folder for junk.
"""
REPAIR = """
保証期間内の交換は、リーダーの承認なしで手配できます。

1. 型番と製造番号を確認する（裏面のラベルの写真を依頼する）。
2. 代替機の在庫を確認し、先に発送する。
3. 不具合品の返送用伝票を同梱する。

**金額が3万円を超える場合**は、手配の前に承認を得ること。
"""
LARGE = """
文字の大きさは、アプリの「設定」→「表示」→「文字の大きさ」で、四段階から選べます。

（画面の写真を追加する）
"""

ARTICLES: list[dict[str, Any]] = [
    {
        "slug": "faint-labels",
        "shelf": PRINTERS,
        "topic": FAULT,
        "ja": ("ラベルの印字がかすれるとき", FAINT),
        "en": ("When labels come out faint", FAINT_EN),
        "votes": "yyyyyyyn",
        "missed": "LP-220のヘッドの型番が知りたいです。",
    },
    {
        "slug": "card-reader-connection",
        "shelf": PRINTERS,
        "topic": FAULT,
        "ja": ("カードリーダーの接続が切れるとき", READER),
        "en": ("When the card reader loses its connection", READER_EN),
        "votes": "yyynn",
    },
    {
        "slug": "replacement-in-guarantee",
        "shelf": PRINTERS,
        "topic": FAULT,
        "audience": Audience.INTERNAL,
        "ja": ("【社内】保証期間内の交換の手順", REPAIR),
    },
    {
        "slug": "name-on-invoices",
        "shelf": MONEY,
        "topic": BILLING,
        "ja": ("請求書の宛名を変更する", INVOICE),
        "en": ("Change the name on your invoices", INVOICE_EN),
        "votes": "yyyy",
    },
    {
        "slug": "receipts",
        "shelf": MONEY,
        "topic": BILLING,
        "ja": ("領収書を発行する", RECEIPT),
        "en": ("Get a receipt", RECEIPT_EN),
        "votes": "yyyyn",
    },
    {
        "slug": "forgotten-password",
        "shelf": ACCOUNT,
        "topic": USE,
        "ja": ("パスワードを忘れたとき", FORGOTTEN),
        "en": ("When you have forgotten your password", FORGOTTEN_EN),
    },
    {
        "slug": "larger-letters",
        "shelf": ACCOUNT,
        "topic": USE,
        "is_draft": True,
        "ja": ("アプリの文字を大きくする", LARGE),
    },
]
# Words, how often, how many were found, how often one was opened.
SEARCHES = [
    ("領収書", 14, 1, 11),
    ("かすれる", 9, 1, 8),
    ("解約", 6, 0, 0),
    ("海外発送", 3, 0, 0),
    ("インボイス番号", 2, 0, 0),
]


def create_articles(*, by: Agent) -> None:
    """The help centre of the demo, with what its readers have sought and said."""
    shelves = {
        slug: save_collection(
            Collection(),
            values={
                "slug": slug,
                "name_ja": ja,
                "name_en": en,
                "description_ja": about_ja,
                "description_en": about_en,
            },
        )
        for slug, ja, en, about_ja, about_en in COLLECTIONS
    }
    save_synonyms(SYNONYMS, seen="")
    for told in ARTICLES:
        _create(told, shelves[told["shelf"]], by=by)
    _count(timezone.localdate())


def _create(told: dict[str, Any], shelf: Collection, *, by: Agent) -> None:
    place = {
        "collection": shelf,
        "topic": Topic.objects.get(name_ja=TOPICS[told["topic"]][0]),
        "audience": told.get("audience", Audience.PUBLIC),
        "teams": [],
    }
    title, body = told["ja"]
    said = {"title": title, "body": body.strip(), "by": by}
    article = create_article(place=place, language="ja", slug=told["slug"], **said)
    if "en" in told:
        title, body = told["en"]
        save_draft(article, "en", title=title, body=body.strip(), seen=0, by=by)
    if not told.get("is_draft"):
        for text in article.texts.defer("title_tokens", "tokens", "draft_tokens"):
            publish(text, by=by)
    for number, vote in enumerate(told.get("votes", "")):
        record_feedback(
            article,
            "ja",
            reader=f"demo-{number}",
            has_helped=vote == "y",
            comment=told.get("missed", ""),
        )


def _count(today: date) -> None:
    SearchCount.objects.bulk_create(
        SearchCount(
            day=today - timedelta(days=1 + number),
            query=query,
            language="ja",
            searches=searches,
            results=results,
            openings=openings,
        )
        for number, (query, searches, results, openings) in enumerate(SEARCHES)
    )
