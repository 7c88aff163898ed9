"""The words by which mail programs, in their languages, introduce what they quote."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    """The words of a list with bars between them, without the spaces around each."""
    return tuple(word.strip() for word in text.split("|"))


# Labels of the little header block above a quoted letter.
LABELS: dict[str, str] = {
    **dict.fromkeys(
        _words("""
    from | 差出人 | 差し出し人 | 送信者 | 送信元 | 発信者 | von | de | da | van | od | från | fra
    | lähettäjä | kimden | gönderen | от | от кого | від | 发件人 | 寄件者 | 寄件人 | 보낸 사람 | 보낸사람
    | 보낸이 | từ | จาก | από | feladó | de la | expéditeur | absender | remitente | mittente
    | afzender | odesílatel | nadawca | من | מאת | avsändare | afsender | avsender
    | remetente | expediteur | dari
"""),
        "from",
    ),
    **dict.fromkeys(
        _words("""
    date | sent | 日付 | 日時 | 送信日時 | 送信日 | 送信時刻 | 受信日時 | datum | gesendet | gesendet am
    | envoyé | envoyé le | date d'envoi | fecha | enviado | enviado el | enviado em
    | enviada em | enviada | data | inviato | verzonden | skickat | sendt | dato
    | päivämäärä | päiväys | lähetetty | tarih | gönderildi | дата | отправлено | надіслано
    | 发送时间 | 发送日期 | 日期 | 时间 | 寄件日期 | 傳送時間 | 傳送日期 | 보낸 날짜 | 날짜 | 보낸 시간 | 보낸날짜 | wysłano
    | odesláno | ngày | đã gửi | วันที่ | ส่ง | elküldve | dátum | trimis | ημερομηνία
    | στάλθηκε | تاريخ | التاريخ | תאריך | nhận | tanggal | dikirim | skickades | sendt dato
    | när
"""),
        "date",
    ),
    **dict.fromkeys(
        _words("""
    to | 宛先 | 宛て先 | 送信先 | 受信者 | an | à | para | a | naar | aan | till | til
    | vastaanottaja | kime | alıcı | кому | 收件人 | 收件者 | 받는 사람 | 받는사람 | do | komu | đến | tới
    | ถึง | címzett | către | προς | إلى | אל | kepada | empfänger | destinatario
    | destinataire | mottagare | modtager
"""),
        "to",
    ),
    **dict.fromkeys(
        _words("""
    cc | ｃｃ | 写し | kopie | copia | kopia | kopi | копия | 抄送 | 副本 | 참조 | dw
"""),
        "cc",
    ),
    **dict.fromkeys(
        _words("""
    subject | 件名 | 題名 | タイトル | 標題 | betreff | objet | asunto | oggetto | onderwerp
    | assunto | ämne | emne | aihe | konu | тема | 主题 | 主旨 | 主題 | 제목 | temat | předmět
    | predmet | chủ đề | เรื่อง | หัวเรื่อง | tárgy | subiect | θέμα | الموضوع | נושא
    | subjek | perihal
"""),
        "subject",
    ),
}

# Between two runs of dashes, or alone after "Begin" and the like.
SEPARATORS = _words("""
    original message | original mail | original email | original e-mail
    | original appointment | forwarded message | forwarded by | begin forwarded message
    | reply message | replied message | forwarded mail | reply above this line | 元のメッセージ
    | 元のメール | オリジナルメッセージ | オリジナルメール | 転送メッセージ | 転送メール | 転送されたメッセージ | 転送されたメール | 転送元メッセージ
    | 元メール | 元メッセージ | 受信メール | 受信メッセージ | 引用元 | 返信元メール | ここから転送 | 転送開始 | 以下転送 | のメール | からのメール
    | さんからのメール | original message follows | 転送されたメールここから | ursprüngliche nachricht
    | originalnachricht | weitergeleitete nachricht | ursprungliche nachricht
    | anfang der weitergeleiteten | original-nachricht | weitergeleitete mail
    | message d'origine | message d’origine | message original | message transféré
    | début du message | courriel original | message initial | message réexpédié
    | mensaje original | mensaje reenviado | inicio del mensaje | correo original
    | messaggio originale | messaggio inoltrato | inizio messaggio inoltrato
    | mensagem original | mensagem encaminhada | início da mensagem | oorspronkelijk bericht
    | doorgestuurd bericht | origineel bericht | begin doorgestuurd | oprindelig meddelelse
    | original meddelelse | videresendt meddelelse | oprindelig besked
    | ursprungligt meddelande | vidarebefordrat meddelande | originalmeddelande
    | ursprungsmeddelande | opprinnelig melding | videresendt melding | original melding
    | alkuperäinen viesti | välitetty viesti | wiadomość oryginalna | oryginalna wiadomość
    | wiadomość przekazana | przekazana wiadomość | původní zpráva | přeposlaná zpráva
    | původní e-mail | pôvodná správa | исходное сообщение | пересылаемое сообщение
    | пересланное сообщение | початкове повідомлення | orijinal mesaj | iletilen mesaj
    | özgün ileti | asıl ileti | iletilmiş mesaj | eredeti üzenet | továbbított üzenet
    | mesaj original | mesaj redirecționat | αρχικό μήνυμα | προωθημένο μήνυμα | thư gốc
    | tin nhắn gốc | thư được chuyển tiếp | 原始邮件 | 原始郵件 | 邮件原件 | 原邮件 | 转发邮件信息 | 转发的邮件 | 转发邮件
    | 轉寄郵件 | 原始訊息 | 回复的原邮件 | 轉寄的郵件 | 被转发邮件信息 | 引用的邮件 | 원본 메시지 | 원본 메일 | 전달된 메시지 | 원본메시지
    | 원본메일 | 전달된 메일 | original 메시지 | ข้อความต้นฉบับ | ข้อความที่ส่งต่อ | pesan asli
    | pesan terusan | الرسالة الأصلية | הודעה מקורית | رسالة معاد توجيهها | הודעה שהועברה
""")

# "… wrote:"; after a date or an address, at the end of a line or before a colon.
VERBS = _words("""
    wrote | writes | written by | said | さんは書きました | さんが書きました | は書きました | が書きました | 書きました
    | は書いた | のメール | からのメール | さんのメール | さん wrote | 様は書きました | のメッセージ | が送信 | schrieb
    | hat geschrieben | geschrieben | a écrit | écrit | escribió | escribio | escreveu
    | ha scritto | scrive | schreef | heeft geschreven | skrev | skreiv | kirjoitti
    | napisał(a) | napisał | napisała | pisze | napsal(a) | napsal | napísal | написал(а)
    | написал | написала | пишет | писал | пише | написав | написа | şunu yazdı | yazdı
    | şunları yazdı | írta | a scris | έγραψε | ha escrit | va escriure | 작성 | 님이 작성
    | 님이 쓴 글 | 님이 씀 | 님의 말 | 님께서 작성 | 写道 | 寫道 | 撰写 | 写到 | đã viết | menulis | เขียนว่า
    | เขียน | כתב | כתבה | كتب | kirjutas | rakstīja | rašė | skrifaði | je napisao
    | napisao
""")

# How such a line begins, in Latin and Cyrillic letters; others begin with the date or the name.
OPENINGS = _words("""
    on | at | am | le | el | il | em | op | den | på | w dniu | dnia | dne | dňa | în
    | in data | a(z) | στις | vào | pada | в | el día | il giorno | du | ma | in message
    | in article | em qua | em ter | em seg | em qui | em sex | em sáb | mon | tue | wed
    | thu | fri | sat | sun | mo | di | mi | do | fr | sa | so | monday | tuesday
    | wednesday | thursday | friday | saturday | sunday | пн | вт | ср | чт | пт | сб | вс
    | понедельник | вторник | среда | четверг | пятница | суббота | воскресенье | fre | lør
    | søn | man | tir | ons | tor | lör | sön | mån | tis | lun | mar | mer | gio | ven
    | sab | dom | jeu | sam | dim | mié | jue | vie | sáb | jan | feb | apr | may | jun
    | jul | aug | sep | oct | nov | dec | 於 | 在 | ใน | เมื่อ | बजे | ב | في | בתאריך
    | el lun | el mar
""")

# What a device or a service writes below a letter begins so,
DEVICE_LINES = _words("""
    sent from my | sent from mail for | sent from yahoo mail | sent from outlook
    | sent from proton | sent from an | sent from samsung | sent via | sent from the
    | sent using | sent with | sent from a | get outlook for | sent from ipad
    | sent from iphone | von meinem | gesendet von | gesendet mit | von outlook für
    | holen sie sich outlook | outlook für | envoyé de mon | envoyé depuis
    | envoyé à partir de | télécharger outlook | obtenez outlook | enviado desde
    | enviado do meu | enviado de mi | obtener outlook | obter o outlook | inviato da
    | inviato dal mio | ottieni outlook | scarica outlook | verzonden vanaf
    | verstuurd vanaf | verzonden met | outlook voor | downloaden outlook | skickat från
    | skickat fran | sendt fra | hämta outlook | få outlook | hent outlook | lähetetty
    | wysłane z | wysłano z | pobierz outlook | odesláno z | získat outlook | отправлено с
    | отправлено из | скачать outlook | надіслано з | iphone'umdan | ipad'imden | 발송: | 발신:
    | 나의 iphone에서 | 나의 ipad에서 | 발自 | 从我的 | 發自我的 | 发自我的 | 發自 | 发自 | 從我的 | 从我的 iphone | 전송됨
    | được gửi từ | gửi từ | dikirim dari | ส่งจาก | נשלח מה | أرسلت من | trimis de pe
    | στάλθηκε από | elküldve
""")
# or, in languages in which the verb comes last, ends so,
DEVICE_ENDINGS = _words("""
    から送信 | から送信されました | から送信しました | より送信 | で送信 | で送信しました | を入手 | を使用して送信 | を入手する | をダウンロード
    | アプリから送信 | にて送信 | から送りました | からの送信 | 에서 보냄 | 에서 보낸 | 에서 전송 | 에서 발송
    | iphone'umdan gönderildi | gönderildi | gesendet
""")
# and names one of these.
DEVICES = _words("""
    iphone | ipad | android | samsung | galaxy | xperia | pixel | huawei | xiaomi
    | oneplus | mobile | phone | blackberry | outlook | mail | yahoo | windows | proton
    | gmail | ios | スマートフォン | スマホ | 携帯 | arrows | aquos | ドコモ | docomo | au | softbank | メール
    | handy | smartphone | tablet | mac | telefon | móvil | celular | motorola | htc | nokia
    | 아이폰 | 갤럭시 | thunderbird | becky | spark | device | myサポ | nifty | sony | lg
""")

# Formal closings after which only a signature comes. A bare "Thanks" may be part of what is said.
CLOSINGS = _words("""
    best regards | kind regards | warm regards | kindest regards | with kind regards
    | regards | yours sincerely | sincerely | sincerely yours | yours faithfully
    | many regards | with best regards | best wishes | mit freundlichen grüßen
    | mit freundlichen grüssen | freundliche grüße | freundliche grüsse | viele grüße
    | beste grüße | liebe grüße | mfg | mit besten grüßen | cordialement | bien cordialement
    | bien à vous | salutations distinguées | meilleures salutations | saludos
    | saludos cordiales | un saludo | atentamente | un cordial saludo | cordiali saluti
    | distinti saluti | saluti | cordialmente | atenciosamente | atte. | att.
    | met vriendelijke groet | met vriendelijke groeten | vriendelijke groet | groeten
    | med vänliga hälsningar | vänliga hälsningar | mvh | hälsningar | med venlig hilsen
    | venlig hilsen | med vennlig hilsen | vennlig hilsen | hilsen | ystävällisin terveisin
    | terveisin | z poważaniem | pozdrawiam | s pozdravem | с уважением
    | с наилучшими пожеланиями | saygılarımla | üdvözlettel | cu stimă | με εκτίμηση
    | trân trọng | 此致 | 此致敬礼 | 顺祝商祺 | 敬具 | 草々
""")

# What tells a signature between rule lines from a table.
CONTACT_MARKS = _words("""
    @ | ＠ | http | www. | tel | ＴＥＬ | fax | ＦＡＸ | 電話 | 携帯 | 〒 | 株式会社 | 有限会社 | (株) | （株）
    | ㈱ | mail | メール | 会社 | 事業部 | 営業部 | 課 | phone | mobile | 部署 | 部 | 大学 | 事務所 | センター | 担当
""")
