"""What customers wrote themselves is told from what their mail programs quoted below it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.reading.quoting import trim, trim_lines

INTRODUCTIONS = {
    # Japanese first.
    "gmail": "2026年11月21日(土) 12:34 サポート窓口 <support@desk.example>:\n\n> 古い",
    "gmail, wrapped": "2026年11月20日(金) 9:05 サポート窓口（株式会社サンプルデスク） <\nsupport+a@desk.example>:\n\n> 古い",
    "gmail, no weekday": "2026年11月21日 12:34 サポート窓口 <support@desk.example>:\n> 古い",
    "gmail, name only": "2026年11月21日 12:34 サポート窓口:\n> 古い",
    "gmail, weekday in words": "2026年11月21日土曜日 12:34 サポート窓口 <support@desk.example>:\n古い",
    "gmail, afternoon": "2026年11月21日(土) 午後3:04 サポート窓口 <support@desk.example>:\n> 古い",
    "gmail, english address": "2026/11/21 12:34 Support <support@desk.example>：\n古い",
    "ios": "2026/11/21 8:15、サポート窓口 <support@desk.example>のメール:\n\n> 古い",
    "ios, full-width colon": "2026/11/21 午後8:15、サポート窓口 <support@desk.example>のメール：\n\n古い",
    "ios, 2026年": "2026年11月21日 8:15、サポート窓口 <support@desk.example>のメール:\n\n> 古い",
    "ios, wrapped": "2026/11/21 8:15、サポート窓口\n<support@desk.example>のメール:\n\n> 古い",
    "thunderbird": "On 2026/11/21 12:34, サポート窓口 wrote:\n> 古い",
    "thunderbird, date in brackets": "(2026/11/21 12:34), サポート窓口 wrote:\n> 古い",
    "thunderbird, japanese": "2026/11/21 12:34 に サポート窓口 さんは書きました:\n> 古い",
    "さんは書きました": "サポート窓口さんは書きました:\n> 古い",
    "becky": "On Sat, 21 Nov 2026 12:34:56 +0900\nサポート窓口 <support@desk.example> wrote:\n\n> 古い",
    "becky, name first": "サポート窓口 <support@desk.example> wrote:\n> 古い",
    "hidemaru": "サポート窓口 さん wrote:\n> 古い",
    "in message": "In message <x.1@desk.example>\n   サポート窓口 <support@desk.example> wrote:\n\n> 古い",
    "outlook": "-----Original Message-----\nFrom: サポート窓口 <support@desk.example>\nSent: Saturday, November 21, 2026 12:34 PM\nTo: 佐藤\nSubject: RE: 件\n\n古い",
    "outlook, japanese": "-----元のメッセージ-----\n差出人: サポート窓口 <support@desk.example>\n送信日時: 2026年11月21日 12:34\n宛先: 佐藤\n件名: RE: 件\n\n古い",
    "outlook, no rule": "差出人: サポート窓口 <support@desk.example>\n送信日時: 2026年11月21日土曜日 12:34\n宛先: 佐藤\n件名: RE: 件\n\n古い",
    "outlook, full-width colon": "差出人：サポート窓口\n日時：2026年11月21日 12:34\n宛先：佐藤\n件名：件\n\n古い",
    "outlook, rule above": "________________________________\n差出人: サポート窓口 <support@desk.example>\n送信日時: 2026年11月21日 12:34\n宛先: 佐藤\nCC: 鈴木\n件名: RE: 件\n\n古い",
    "outlook, bold": "*差出人:* サポート窓口 <support@desk.example>\n*送信日時:* 2026年11月21日 12:34\n*宛先:* 佐藤\n*件名:* RE: 件\n\n古い",
    "outlook, from": "From: サポート窓口 <support@desk.example>\nDate: 2026年11月21日(土) 12:34\nTo: 佐藤\nSubject: Re: 件\n\n古い",
    "yahoo japan": "----- Original Message -----\nFrom: サポート窓口 <support@desk.example>\nTo: sato@example.ne.jp\nDate: 2026/11/20 金 20:10\nSubject: 件\n\n古い",
    "docomo": "---元のメール---\nFrom: support@desk.example\n件名: 連絡\n日時: 2026/11/21 09:00\n\n古い",
    "au": "----------元のメッセージ----------\nSub:連絡\n古い",
    "softbank": "------元のメッセージ------\n差出人：support@desk.example\n件名：連絡\n古い",
    "shuriken": "----- サポート窓口 さんのメール -----\n> 古い",
    "forwarded": "---------- Forwarded message ---------\n差出人: 田中 <tanaka@example.jp>\nDate: 2026年11月20日(金) 22:10\nSubject: 件\nTo: 伊藤\n\n古い",
    "forwarded, japanese": "---------- 転送メッセージ ----------\n差出人: 田中 <tanaka@example.jp>\n日付: 2026年11月20日\n件名: 件\n\n古い",
    "full-width marks": "＞ 古い\n＞ もっと古い",
    "bars": "| 古い\n| もっと古い",
    "our own mark": "##- この行より上にご返信ください -##\n古い",
    # The others.
    "en gmail": "On Fri, Nov 20, 2026 at 6:44 PM Support <support@desk.example> wrote:\n\n> old",
    "en gmail, wrapped": "On Fri, Nov 20, 2026 at 6:44 PM Support Team of the Sample Desk <\nsupport@desk.example> wrote:\n\n> old",
    "en apple": "On Nov 20, 2026, at 6:44 PM, Support <support@desk.example> wrote:\n\n> old",
    "en apple, no marks": "> On 20 Nov 2026, at 18:44, Support wrote:\n> \n> old",
    "en quoted name": 'On Dec 8, 2013 2:10 PM, "John Sullivan" <n@desk.example> wrote:\n\n> old',
    "en glued": "On Tue, Sep 25, 2012 at 8:59 AM, Chris\n<n@desk.example>wrote:\n\n> old",
    "en outlook": "From: Support <support@desk.example>\nSent: Friday, November 20, 2026 6:44 PM\nTo: Zoe\nSubject: RE: Invoice\n\nold",
    "en outlook mobile": "Get Outlook for iOS<https://aka.ms/x>\n________________________________\nFrom: Support <support@desk.example>\nSent: Friday\nTo: Zoe\nSubject: RE: Invoice\n\nold",
    "en iso date": "2026-11-20 18:44 GMT+01:00 Support <support@desk.example>:\n\n> old",
    "en apple forward": "Begin forwarded message:\n\nFrom: Support <support@desk.example>\nSubject: x\nDate: 20 November 2026\nTo: Zoe\n\nold",
    "de gmail": "Am Fr., 20. Nov. 2026 um 18:44 Uhr schrieb Support <support@desk.example>:\n\n> alt",
    "de apple": "> Am 20.11.2026 um 18:44 schrieb Support <support@desk.example>:\n> \n> alt",
    "de thunderbird": "Am 20.11.26 um 18:44 schrieb Support:\n> alt",
    "de outlook": "Von: Support <support@desk.example>\nGesendet: Freitag, 20. November 2026 18:44\nAn: Zoe\nBetreff: AW: x\n\nalt",
    "de original": "-----Ursprüngliche Nachricht-----\nVon: Support\n\nalt",
    "fr gmail": "Le ven. 20 nov. 2026 à 18:44, Support <support@desk.example> a écrit :\n\n> vieux",
    "fr outlook": "De : Support <support@desk.example>\nEnvoyé : vendredi 20 novembre 2026 18:44\nÀ : Zoé\nObjet : RE: Facture\n\nvieux",
    "es gmail": "El vie, 20 nov 2026 a las 18:44, Support (<support@desk.example>) escribió:\n\n> viejo",
    "es outlook": "De: Support <support@desk.example>\nEnviado el: viernes, 20 de noviembre de 2026 18:44\nPara: Zoe\nAsunto: RE: x\n\nviejo",
    "it gmail": "Il giorno ven 20 nov 2026 alle ore 18:44 Support <support@desk.example> ha scritto:\n\n> vecchio",
    "it outlook": "Da: Support <support@desk.example>\nInviato: venerdì 20 novembre 2026 18:44\nA: Zoe\nOggetto: R: x\n\nvecchio",
    "pt gmail": "Em sex., 20 de nov. de 2026 às 18:44, Support <support@desk.example> escreveu:\n\n> velho",
    "nl gmail": "Op vr 20 nov 2026 om 18:44 schreef Support <support@desk.example>:\n\n> oud",
    "nl outlook": "Van: Support <support@desk.example>\nVerzonden: vrijdag 20 november 2026 18:44\nAan: Zoe\nOnderwerp: RE: x\n\noud",
    "sv gmail": "Den fre 20 nov. 2026 kl 18:44 skrev Support <support@desk.example>:\n\n> gammal",
    "sv glued": "Den fre 28 feb. 2025 10:15Anna Andersson <anna@desk.example> skrev:\n\n> gammal",
    "da apple": "Den 24. nov. 2025 kl. 10.00 skrev Peter Petersen <peter@desk.example>:\n> gammel",
    "no gmail": "fre. 20. nov. 2026 kl. 18:44 skrev Support <support@desk.example>:\n\n> gammel",
    "fi gmail": "pe 20. marrask. 2026 klo 18.44 Support (support@desk.example) kirjoitti:\n\n> vanha",
    "pl gmail": "pt., 20 lis 2026 o 18:44 Support <support@desk.example> napisał(a):\n\n> stary",
    "pl thunderbird": "W dniu 20.11.2026 o 18:44, Support pisze:\n> stary",
    "cs gmail": "pá 20. 11. 2026 v 18:44 odesílatel Support <support@desk.example> napsal:\n\n> starý",
    "ru gmail": "пт, 20 нояб. 2026 г. в 18:44, Support <support@desk.example>:\n\n> старое",
    "ru mail.ru": "Fri, 20 Nov 2026 18:44:51 +0400 от Support <support@desk.example>:\nстарое",
    "ru outlook": "От: Support <support@desk.example>\nОтправлено: 20 ноября 2026 г. 18:44\nКому: Zoe\nТема: x\n\nстарое",
    "tr gmail": "Support <support@desk.example>, 20 Kas 2026 Cum, 18:44 tarihinde şunu yazdı:\n\n> eski",
    "hu gmail": "Support <support@desk.example> ezt írta (időpont: 2026. nov. 20., P, 18:44):\n\n> régi",
    "ko gmail": "2026년 11월 20일 (금) 오후 6:44, Support <support@desk.example>님이 작성:\n\n> 옛글",
    "ko outlook": "보낸 사람: Support <support@desk.example>\n보낸 날짜: 2026년 11월 20일\n받는 사람: Zoe\n제목: x\n\n옛글",
    "zh gmail": "Support <support@desk.example> 于2026年11月20日周五 18:44写道：\n\n> 旧",
    "zh-tw gmail": "Support <support@desk.example> 於 2026年11月20日 週五 下午6:44寫道：\n\n> 舊",
    "zh qq": '------------------ 原始邮件 ------------------\n发件人: "Support" <support@desk.example>\n发送时间: 2026年11月20日\n\n旧',
    "zh outlook": "发件人: Support <support@desk.example>\n发送时间: 2026年11月20日 18:44\n收件人: Zoe\n主题: x\n\n旧",
    "vi gmail": "Vào Th 6, 20 thg 11, 2026 vào lúc 18:44 Support <support@desk.example> đã viết:\n\n> cũ",
    "cite only": "> old\n> older",
}


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS.keys())
def test_what_a_mail_program_quotes_is_not_shown(introduction: str):
    own = "了解しました。\nThank you, it works."

    trimmed = trim(f"{own}\n\n{introduction}\n")

    assert trimmed.visible == own
    assert introduction.splitlines()[-1] in trimmed.signature + trimmed.quoted


@pytest.mark.parametrize(
    "text",
    [
        "2026年11月21日(土) 12:34 に注文した商品の件です。\nFrom: の欄に名前が出ないのは正常でしょうか。",
        "2026年11月21日 12:34 に次のエラーが出ました：\nE-1042",
        "On 3 May we wrote a letter:\nno answer since.",
        "On your remote host you can run:\n\n    telnet 127.0.0.1 52698\n\nThis should connect.",
        "Here is another email\n\nSent from my desk, is much easier than my mobile phone.",
        "From: and To: are empty in the list.\nWhy?",
        "次の順で操作しました。\n==========\n1. 開く\n2. 保存\n==========\n結果は同じです。",
        "件名: 注文\n番号: 1042\n\n以上です。",
        "I wrote: it fails.\nPlease help.",
        "日時: 11月21日 12:34\n場所: 本社\n\nでお願いします。",
        "---------------\n見出し\n---------------\n本文です。",
    ],
)
def test_text_that_only_looks_like_a_quote_is_all_shown(text: str):
    assert trim(text).visible == text


def test_answers_between_quoted_lines_are_all_shown():
    text = "On Fri, Nov 20, 2026 at 6:44 PM Support <s@desk.example> wrote:\n> one?\n\nYes.\n\n> two?\n\nNo."

    assert trim(text).visible == text
    assert trim(f"See below.\n\n{text}").visible == f"See below.\n\n{text}"


def test_a_forwarded_letter_without_a_word_is_shown():
    text = "---------- Forwarded message ---------\nFrom: a@b.example\nDate: today\nSubject: x\n\nbroken"

    assert trim(text).visible == text


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nZoe\nDesk Ltd.",
        "--\n大野\n本メールには機密情報が含まれている場合があります。",
        "iPhoneから送信",
        "iOS 版 Outlook を入手<https://aka.ms/o0ukef>",
        "Android 版 Outlook を入手",
        "Sent from my iPhone",
        "Get Outlook for Android",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "나의 iPhone에서 보냄",
        "发自我的iPhone",
        "━━━━━━━━━━━━━━\n株式会社みなと 佐々木\nTEL 03-0000-0000\n━━━━━━━━━━━━━━",
        "*******************\n佐々木 花子\nhanako@example.jp\n*******************",
        "◇◆◇◆◇◆◇◆◇◆◇◆\n営業部 山田\n電話 03-0000-0000",
        "Mit freundlichen Grüßen\nJürgen Groß",
        "Best regards,\nZoe",
    ],
)
def test_a_signature_is_set_apart(signature: str):
    trimmed = trim(f"動きました。ありがとうございます。\n\n{signature}")

    assert trimmed.visible == "動きました。ありがとうございます。"
    assert trimmed.signature == signature


def test_lines_that_html_marks_as_quoted_are_cut_at_the_end_only():
    assert trim_lines(["hello", "old"], [False, True]).visible == "hello"
    assert (
        trim_lines(["hello", "old", "answer"], [False, True, False]).visible == "hello\nold\nanswer"
    )
    assert trim_lines(["hello", "anything"], [False, False], end=1).visible == "hello"


@given(
    st.text()
    | st.lists(st.sampled_from(sorted({*INTRODUCTIONS.values(), "own", "", "> q"}))).map("\n".join)
)
def test_nothing_is_added_and_nothing_is_lost(text: str):
    trimmed = trim(text)

    assert text.startswith(trimmed.visible)
    pieces = trimmed.visible + trimmed.signature + trimmed.quoted
    assert pieces.replace("\n", "").split() == text.replace("\n", "").split() or "".join(
        pieces.split()
    ) == "".join(text.split())


@pytest.mark.parametrize(
    "bait",
    [
        "On " * 40_000,
        ">" * 200_000,
        "On Mon, " * 20_000 + "\n" + ("On Mon, " + "a" * 300 + "\n") * 4_000,
        "2026年" * 50_000,
        ("2026年11月21日(土) 12:34 " + "a" * 90 + "\n") * 4_000,
        "-" * 100_000,
        ("-- " * 100 + "\n") * 4_000,
        ("From: " * 80 + "\n") * 4_000,
        " " * 500_000,
        "\n" * 500_000,
        "a@" * 100_000,
        ("x@" * 240 + "\n") * 4_000,
        ("> q\n\nOn 1/1/2026 1:11 a@b.example wrote:\n> q\n") * 1_300,
        ("Am 1.1.2026 1:11 schrieb\n" * 3 + "\n") * 1_000,
    ],
    ids=lambda bait: bait[:12],
)
def test_no_text_takes_long(bait: str):
    started = time.process_time()

    trim("reply\n\n" + bait)

    assert time.process_time() - started < 2
