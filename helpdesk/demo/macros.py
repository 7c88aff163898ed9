"""Texts that the agents of the demo have kept for many replies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

MACROS: list[dict[str, Any]] = [
    {
        "name": "調査中のご連絡",
        "reading": "ちょうさちゅうのごれんらく",
        "language": "ja",
        "ending": "promise",
        "promise_after": timedelta(hours=4),
        "body": (
            "お問い合わせいただいた件につきまして、現在、担当部署で原因を調査しております。\n"
            "{{次回連絡}}までに、状況をご連絡いたします。\n\n"
            "ご不便をおかけし、誠に申し訳ございません。"
        ),
    },
    {
        "name": "追加情報のお願い",
        "reading": "ついかじょうほうのおねがい",
        "language": "ja",
        "ending": "ask",
        "body": (
            "原因を確認するため、お手数ですが、次の点をお知らせいただけますでしょうか。\n\n"
            "- ご利用の製品名と型番\n- 発生した日時\n- 画面に表示されたメッセージ"
        ),
    },
    {
        "name": "返金のご案内",
        "reading": "へんきんのごあんない",
        "language": "ja",
        "ending": "solve",
        "tags": ["返金"],
        "body": (
            "このたびはご迷惑をおかけし、誠に申し訳ございませんでした。\n"
            "受付番号 {{受付番号}} の件につきまして、返金の手続きを完了いたしました。"
            "お支払い方法により、口座への反映まで5営業日ほどかかる場合がございます。"
        ),
    },
    {
        "name": "We are looking into it",
        "language": "en",
        "ending": "promise",
        "promise_after": timedelta(hours=4),
        "body": (
            "Thank you for telling us. We are looking into the cause now, and will write to you"
            " again by {{promise}} with what we know, even if it is not solved by then."
        ),
    },
    {
        "name": "Please send us more details",
        "language": "en",
        "ending": "ask",
        "body": (
            "To find the cause we need a little more from you:\n\n"
            "- the product and its model number\n- when it happened\n- the words on the screen"
        ),
    },
]
