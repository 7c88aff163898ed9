"""What inquiries are often about, by the kind of company: names in Japanese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Names = tuple[str, str]

SUGGESTED: Mapping[str | Promise, tuple[Names, ...]] = {
    _("Shops"): (
        ("ご注文・お届け", "Orders and delivery"),
        ("返品・交換", "Returns and exchanges"),
        ("お支払い・領収書", "Payments and receipts"),
        ("商品について", "About a product"),
    ),
    _("Software and online services"): (
        ("不具合・エラー", "Something does not work"),
        ("使い方", "How to use it"),
        ("アカウント・ログイン", "Accounts and signing in"),
        ("ご契約・料金", "Contracts and prices"),
    ),
    _("Makers and service companies"): (
        ("修理・故障", "Repairs"),
        ("ご予約・訪問日程", "Appointments"),
        ("お見積り", "Quotations"),
        ("ご意見・ご要望", "Opinions and wishes"),
    ),
    _("Inside a company"): (
        ("パソコン・周辺機器", "Computers and devices"),
        ("アカウント・権限", "Accounts and permissions"),
        ("備品・設備", "Supplies and rooms"),
        ("各種手続き", "Applications and paperwork"),
    ),
}


def names_of(english: str) -> Names:
    """Both names of a suggested topic. Raises KeyError."""
    return {names[1]: names for group in SUGGESTED.values() for names in group}[english]
