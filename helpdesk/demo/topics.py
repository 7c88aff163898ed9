"""What the inquiries of the demo are about, and what is to be known of them."""

from __future__ import annotations

from typing import Any

FAULT, BILLING, ORDERS, USE = "fault", "billing", "orders", "use"

# Names in Japanese and in English, and whether Sales gets them.
TOPICS: dict[str, tuple[str, str, bool]] = {
    FAULT: ("製品の不具合", "Product faults", False),
    BILLING: ("請求・お支払い", "Billing", False),
    ORDERS: ("ご注文・お見積り", "Orders and quotations", True),
    USE: ("使い方・アカウント", "How to use it", False),
}


def _choices(*names: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"key": "", "ja": ja, "en": en, "is_off": False} for ja, en in names]


# Each with the topics it is for.
FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {
            "of": "ticket",
            "key": "model",
            "kind": "text",
            "label_ja": "型番",
            "label_en": "Model",
            "help_ja": "本体裏面のラベルに記載があります。",
            "help_en": "It is on the label at the back.",
            "is_for_customers": True,
        },
        [FAULT, ORDERS],
    ),
    (
        {
            "of": "ticket",
            "key": "guarantee",
            "kind": "choice",
            "label_ja": "保証",
            "label_en": "Guarantee",
            "choices": _choices(("保証期間内", "In guarantee"), ("保証期間外", "Expired")),
            "is_required_to_solve": True,
        },
        [FAULT],
    ),
    (
        {
            "of": "customer",
            "key": "plan",
            "kind": "choice",
            "label_ja": "ご契約プラン",
            "label_en": "Plan",
            "choices": _choices(("スタンダード", "Standard"), ("プレミアム", "Premium")),
        },
        [],
    ),
]

# By the subject of a conversation: its topic, and what its fields say.
DETAILS: dict[str, tuple[str, dict[str, str]]] = {
    "ラベルプリンターの印字がかすれます": (FAULT, {"model": "LP-220", "guarantee": "c1"}),
    "Card reader loses its connection every afternoon": (FAULT, {"model": "CR-10"}),
    "請求書の宛名を変更したい": (BILLING, {}),
    "Invoice shows the wrong VAT number": (BILLING, {}),
    "領収書の発行方法を教えてください": (BILLING, {}),
    "見積書のご依頼（LP-220 五台）": (ORDERS, {"model": "LP-220"}),
    "リボンの追加注文について（お電話）": (ORDERS, {"model": "LR-60"}),
    "アプリの文字を大きくしたい": (USE, {}),
}
# By address.
PLANS = {"hana.yamada@aoba-works.example": "c2", "emma.clarke@northside.example": "c1"}
