"""What mail programs quote is never read, in any language of theirs; what the person wrote above or below is."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from bot.channels.email import incoming
from bot.channels.email.quoted import own_lines

QUOTED = "unsubscribe all\nsubscribe hep-th"
MARKED = "> unsubscribe all\n> subscribe hep-th"
US = "Sudi <papers@sudi.test>"

ATTRIBUTIONS = {
    "gmail en": f"On Wed, Jun 10, 2026 at 9:00 AM {US} wrote:",
    "gmail en, wrapped": f"On Wed, Jun 10, 2026 at 9:00 AM Sudi of the Institute of Something\n{US[5:]} wrote:",
    "gmail en, wrapped before the verb": f"On Wed, Jun 10, 2026 at 9:00 AM {US}\nwrote:",
    "gmail de": f"Am Mi., 10. Juni 2026 um 09:00 Uhr schrieb {US}:",
    "gmail fr": f"Le mer. 10 juin 2026 à 09:00, {US} a écrit :",
    "gmail es": "El mié, 10 jun 2026 a las 9:00, Sudi (<papers@sudi.test>) escribió:",
    "gmail it": f"Il giorno mer 10 giu 2026 alle ore 09:00 {US} ha scritto:",
    "gmail pt": f"Em qua., 10 de jun. de 2026 às 09:00, {US} escreveu:",
    "gmail nl": f"Op wo 10 jun 2026 om 09:00 schreef {US}:",
    "gmail ru": f"ср, 10 июн. 2026 г. в 09:00, {US}:",
    "gmail ja": f"2026年6月10日(水) 9:00 {US}:",
    "gmail ko": f"2026년 6월 10일 (수) 오전 9:00, {US}님이 작성:",
    "gmail zh": f"{US} 于2026年6月10日周三 09:00写道：",
    "gmail zh-hant": f"{US} 於 2026年6月10日 週三 上午9:00寫道：",
    "gmail zh, wrapped": f"Sudi 每日论文速递 {US[5:]} 于2026年6月10日周三\n09:00写道：",
    "gmail pl": f"śr., 10 cze 2026 o 09:00 {US} napisał(a):",
    "gmail sv": f"Den ons 10 juni 2026 kl 09:00 skrev {US}:",
    "apple en": f"On Jun 10, 2026, at 9:00 AM, {US} wrote:",
    "apple de": f"Am 10.06.2026 um 09:00 schrieb {US}:",
    "apple fr": f"Le 10 juin 2026 à 09:00, {US} a écrit :",
    "apple zh": f"在 2026年6月10日，09:00，{US} 写道：",
    "apple ja": f"2026/06/10 9:00、{US}のメール：",
    "thunderbird en": "On 10/06/2026 09:00, Sudi wrote:",
    "thunderbird de": "Am 10.06.26 um 09:00 schrieb Sudi:",
    "thunderbird fr": "Le 10/06/2026 à 09:00, Sudi a écrit :",
    "thunderbird es": "El 10/6/26 a las 9:00, Sudi escribió:",
    "thunderbird it": "Il 10/06/2026 09:00, Sudi ha scritto:",
    "thunderbird nl": "Op 10-06-2026 om 09:00 schreef Sudi:",
    "thunderbird ru": "10.06.2026 09:00, Sudi пишет:",
    "thunderbird zh": "在 2026/6/10 09:00, Sudi 写道:",
    "gmail fi": f"ke 10. kesäk. 2026 klo 9.00 {US} kirjoitti:",
    "gmail tr": f"{US}, 10 Haz 2026 Çar, 09:00 tarihinde şunu yazdı:",
    "gmail he": f"בתאריך יום ד׳, 10 ביוני 2026 ב-9:00 מאת {US}:",
    "gmail ar": f"في الأربعاء، ١٠ يونيو ٢٠٢٦ في ٩:٠٠ ص تمت كتابة ما يلي بواسطة {US}:",
    "gmail vi": f"Vào Th 4, 10 thg 6, 2026 vào lúc 09:00 {US} đã viết:",
    "apple nl": f"Op 10 jun 2026, om 09:00 heeft {US} het volgende geschreven:",
    "apple pl": f"Wiadomość napisana przez {US} w dniu 10.06.2026, o godz. 09:00:",
    "yahoo de": f"Am Mittwoch, 10. Juni 2026 um 09:00:00 MESZ hat {US} Folgendes geschrieben:",
    "yahoo zh-hant": f"{US} 在 2026年6月10日星期三 上午 09:00:00 [GMT+8] 寫道：",
    "thunderbird cs": "Dne 10. 06. 26 v 9:00 Sudi napsal(a):",
    "thunderbird ko": "2026-06-10 오전 9:00에 Sudi 이(가) 쓴 글:",
    "thunderbird ro": "Pe 10.06.2026 09:00, Sudi a scris:",
    "thunderbird uk": "10.06.26 09:00, Sudi пише:",
    "mail.ru": f"Среда, 10 июня 2026, 9:00 +03:00 от {US}:",
    "yandex": '10.06.2026, 09:00, "Sudi" <papers@sudi.test>:',
    "mutt": "On Wed, Jun 10, 2026 at 09:00:00AM +0200, Sudi wrote:",
    "evolution de": "Am Mittwoch, dem 10.06.2026 um 09:00 +0200 schrieb Sudi:",
    "libero": f"Il 10/06/2026 09:00 {US} ha scritto:",
    "163": 'At 2026-06-10 09:00:00, "Sudi" <papers@sudi.test> wrote:',
    "163 zh": '在 2026-06-10 09:00:00，"Sudi" <papers@sudi.test> 写道：',
    "163, a line to itself": 'At 2026-06-10 09:00:00, "Sudi" <papers@sudi.test>\nwrote:',
}

HEADERS = {
    "outlook en": "From: Sudi <papers@sudi.test>\nSent: Wednesday, June 10, 2026\nTo: Ada\nSubject: how to",
    "outlook en, bold": "*From:* Sudi <papers@sudi.test>\n*Sent:* Wednesday\n*To:* Ada",
    "outlook de": "Von: Sudi\nGesendet: Mittwoch, 10. Juni 2026 09:00\nAn: Ada\nBetreff: how to",
    "outlook de, bold": "*Von:* Sudi\n*Gesendet:* Mittwoch",
    "outlook fr": "De : Sudi\nEnvoyé : mercredi 10 juin 2026 09:00\nÀ : Ada\nObjet : how to",
    "outlook es": "De: Sudi\nEnviado el: miércoles, 10 de junio de 2026 9:00\nPara: Ada\nAsunto: how to",
    "outlook it": "Da: Sudi\nInviato: mercoledì 10 giugno 2026 09:00\nA: Ada\nOggetto: how to",
    "outlook pt": "De: Sudi\nEnviado: quarta-feira, 10 de junho de 2026 09:00\nPara: Ada\nAssunto: how to",
    "outlook nl": "Van: Sudi\nVerzonden: woensdag 10 juni 2026 09:00\nAan: Ada\nOnderwerp: how to",
    "outlook ru": "От: Sudi\nОтправлено: 10 июня 2026 г. 9:00\nКому: Ada\nТема: how to",
    "outlook ja": "差出人: Sudi\n送信日時: 2026年6月10日 9:00\n宛先: Ada\n件名: how to",
    "outlook ko": "보낸 사람: Sudi\n보낸 날짜: 2026년 6월 10일\n받는 사람: Ada\n제목: how to",
    "outlook zh": "发件人: Sudi\n发送时间: 2026年6月10日 9:00\n收件人: Ada\n主题: how to",
    "outlook zh-hant": "寄件者: Sudi\n寄件日期: 2026年6月10日 9:00\n收件者: Ada\n主旨: how to",
    "outlook sv": "Från: Sudi\nSkickat: den 10 juni 2026 09:00\nTill: Ada\nÄmne: how to",
    "outlook cs": "Od: Sudi\nOdesláno: středa 10. června 2026 9:00\nKomu: Ada\nPředmět: how to",
    "outlook ro": "De la: Sudi\nTrimis: miercuri, 10 iunie 2026 09:00\nCătre: Ada\nSubiect: how to",
    "outlook vi": "Từ: Sudi\nĐã gửi: Thứ Tư, 10 Tháng Sáu 2026 9:00\nĐến: Ada\nChủ đề: how to",
    "outlook he": "מאת: Sudi\nנשלח: יום רביעי 10 יוני 2026 09:00\nאל: Ada\nנושא: how to",
    "outlook th": "จาก: Sudi\nส่ง: วันพุธที่ 10 มิถุนายน 2569 9:00\nถึง: Ada\nเรื่อง: how to",
    "outlook mac": "From: Sudi <papers@sudi.test>\nDate: Wednesday, June 10, 2026 at 9:00 AM\nTo: Ada",
    "web.de": 'Gesendet: Mittwoch, 10. Juni 2026 um 09:00 Uhr\nVon: "Sudi" <papers@sudi.test>',
    "la poste": "envoyé : 10 juin 2026 à 09:00\nde : Sudi <papers@sudi.test>\nà : ada\nobjet : how to",
    "feishu": "发件人: Sudi<papers@sudi.test>\n时间: 2026年6月10日 (周三) 09:00\n主题: how to",
    "aliyun": "-" * 66 + "\n发件人：Sudi <papers@sudi.test>\n发送时间：2026年6月10日(星期三) 09:00",
    "coremail": '-----原始邮件-----\n发件人:"Sudi" <papers@sudi.test>\n发送时间:2026-06-10 09:00:00 (星期三)',
    "163 table": "| 发件人 | Sudi<papers@sudi.test> |\n| 日期 | 2026年06月10日 09:00 |\n| 收件人 | ada |",
    "qq new": "原始邮件\n发件人：Sudi <papers@sudi.test>\n发件时间：2026年6月10日 09:00\n收件人：ada",
    "qq short": '---原始邮件---\n发件人: "Sudi"<papers@sudi.test>',
    "proton": "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "zoho": "---- On Wed, 10 Jun 2026 09:00:00 +0800 Sudi <papers@sudi.test> wrote ----",
    "samsung zh": "-------- 原始信息 --------\n由： Sudi",
    "naver": '-----원본 메일-----\n보낸사람 : "Sudi"',
    "outlook rule ja": "-----元のメッセージ-----",
    "outlook rule ru": "-----Исходное сообщение-----",
    "apple forward ja": "転送されたメッセージ：",
    "foxmail": "发件人： Sudi\n\n发送时间： 2026-06-10 09:00\n\n收件人： ada",
    "lotus": "Datum: 10.06.2026\nAn: Ada\nBetreff: how to",
    "outlook rule": "-----Ursprüngliche Nachricht-----",
    "outlook rule fr": "-----Message d'origine-----",
    "outlook rule es": "-----Mensaje original-----",
    "qq": "------------------ 原始邮件 ------------------\n发件人: Sudi",
    "qq en": "------------------&nbsp;Original&nbsp;------------------",
    "163 new": "---- 回复的原邮件 ----",
    "163 new en": "---- Replied Message ----",
    "163 forward": "-------- 转发邮件信息 --------",
    "gmail forward de": "---------- Weitergeleitete Nachricht ---------",
    "gmail forward fr": "---------- Forwarded message / Message transféré ---------",
    "thunderbird forward": "-------- Weitergeleitete Nachricht --------",
    "apple forward": "Begin forwarded message:",
    "apple forward de": "Anfang der weitergeleiteten Nachricht:",
    "apple forward zh": "开始转发的邮件：",
    "outlook line": "________________________________",
}


@pytest.mark.parametrize("said", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_a_sentence_that_says_who_wrote_ends_what_the_person_wrote(said):
    assert own_lines(f"list\n\n{said}\n{QUOTED}\n") == ["list"]
    assert own_lines(f"list\n{said}\n\n{QUOTED}\n") == ["list"]


@pytest.mark.parametrize("said", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_what_is_below_a_marked_quotation_is_the_persons(said):
    assert own_lines(f"{said}\n{MARKED}\n\nyes\n") == ["yes"]


@pytest.mark.parametrize("block", HEADERS.values(), ids=HEADERS)
def test_headers_of_another_mail_end_what_the_person_wrote(block):
    assert own_lines(f"list\n\n{block}\n\n{QUOTED}\n".replace("&nbsp;", "\xa0")) == ["list"]


@pytest.mark.parametrize(
    "line",
    [
        'subscribe cs.LG "kv cache"',
        "subscribe cs.* quantiz*",
        "time 09:00 Europe/Berlin",
        "On it, thanks",
        "at 9:00 please",
        "10 papers are enough:",
        "De rien",
        "an: Ada",
        "ti: diffusion",
        "email ada@reader.test",
        "在周一推送",
        "subscribe cs.LG au:hinton on:",
        "limit: 20\ntime: 09:00",
        "原始邮件的语言",
    ],
)
def test_what_people_type_is_never_taken_for_a_quotation(line):
    assert own_lines(f"{line}\nlist\n") == [*line.split("\n"), "list"]


def test_the_line_of_a_telephone_is_not_the_persons():
    for line in ("Sent from my iPhone", "发自我的iPhone", "Von meinem iPhone gesendet", "获取 Outlook for iOS"):
        assert own_lines(f"list\n\n{line}\n") == ["list"]


OUTLOOK = "<div><b>{0}</b> Sudi<br><b>{1}</b> x<br><b>{2}</b> how to</div>"
BELOW = "<div><div>unsubscribe all</div><div>subscribe hep-th</div></div>"
SIGNED = "At 2026-06-10 09:00:00, &quot;Sudi&quot; &lt;papers@sudi.test&gt; wrote:<br>"
CITED = f"<blockquote type='cite'>{BELOW}</blockquote>"
PAGES = {
    "outlook web": "<div>list</div><hr><div id='divRplyFwdMsg'>"
    f"{OUTLOOK.format('From:', 'Sent:', 'Subject:')}</div>{BELOW}",
    "outlook web, nested": f"<div>list</div><div id='x_divRplyFwdMsg'><b>From:</b> Sudi</div>{BELOW}",
    "outlook web, appended": f"<div>list</div><div id='appendonsend'></div><hr>{BELOW}",
    "outlook mobile": f"<div>list</div><div class='ms-outlook-mobile-reference-message'>x</div>{BELOW}",
    "outlook windows": "<p class=MsoNormal>list</p><div style='border-top:solid #E1E1E1 1.0pt'>"
    f"<p class=MsoNormal><b>Von:</b> Sudi<br><b>Gesendet:</b> Mittwoch<br><b>An:</b> Ada</p></div>{BELOW}",
    "gmail": f"list<br><div class='gmail_quote gmail_quote_container'><div>On x wrote:</div>{BELOW}</div>",
    "apple": f"list<div><br><blockquote type='cite'><div>On Jun 10, Sudi wrote:</div>{BELOW}</blockquote></div>",
    "thunderbird": f"list<div class='moz-cite-prefix'>On 10/06/2026 09:00, Sudi wrote:<br></div>{CITED}",
    "thunderbird forward": f"list<div class='moz-forward-container'>{BELOW}</div>",
    "yahoo": f"list<div id='ydp1_yahoo_quoted_2' class='ydp1yahoo_quoted'>{BELOW}</div>",
    "qq": f"<div>list</div><div>------------------&nbsp;原始邮件&nbsp;------------------</div>{BELOW}",
    "163": f"list<br>{SIGNED}<blockquote id='isReplyContent'>{BELOW}</blockquote>",
    "163, no quotation": f"list<br>{SIGNED}{BELOW}",
    "163 mobile": f"<div>list</div><div class='ntes-mailmaster-quote'>{BELOW}</div>",
    "foxmail": f"<div>list</div><blockquote><div><b>发件人：</b>&nbsp;Sudi</div>{BELOW}</blockquote>",
    "foxmail, no quotation": "<div>list</div><hr><div><div><b>发件人：</b>&nbsp;Sudi</div>"
    f"<div><b>发送时间：</b>&nbsp;x</div></div>{BELOW}",
    "outlook zh": "<p>list</p><div><b><span>发件人<span>:</span></span></b> Sudi<br><b>发送时间:</b> x</div>"
    f"{BELOW}",
    "outlook mobile signature": "<div>list</div><div id='ms-outlook-mobile-signature'>Hol Outlook für iOS</div>",
    "gmail signature": "list"
    "<span class='gmail_signature_prefix'>-- </span><div class='gmail_signature'>help</div>",
    "iphone": "list<div>发自我的 iPhone</div>"
    f"<blockquote type='cite'>在 2026年6月10日，Sudi 写道：</blockquote>{CITED}",
    "qq new": f"<div>list</div><div class='xm_mail_oringinal_describe'>原始邮件</div>{BELOW}",
    "qq forward": f"<div>list</div><includetail>{BELOW}</includetail><div id='qm_forward'>{BELOW}</div>",
    "163 web": "<div>list</div>"
    f"<div id='ntes-pcmac-signature'>help</div><div class='ne-quoted-text'>{BELOW}</div>",
    "foxmail mac": f"<div>list</div><div class='FMOriginalContent'>{BELOW}</div>",
    "gmx": f"<div>list</div><div name='quoted-content'>{BELOW}</div>",
    "spark": "<div name='messageBodySection'>list</div><div name='messageSignatureSection'>help</div>"
    f"<div name='messageReplySection'>{BELOW}</div>",
    "feishu": f"<div>list</div><div class='lark-mail-quote'>{BELOW}</div>",
    "aliyun": "<div>list</div><div class='aliyun_signature_wrap'>help</div>"
    f"<div class='__aliyun_previous_history_wrap'>{BELOW}</div>",
    "proton signature": "<div>list</div><div class='protonmail_signature_block'>help</div>",
    "what nobody sees": "<div style='display:none;max-height:0'>help</div>"
    "<p>list</p><p style='font-size:0'>today</p>",
    "what is folded": f"<div>list</div><details><summary>…</summary>{BELOW}</details>",
    "zimbra": f"<div>list</div><hr id='zwchr'>{BELOW}",
    "proton": f"<div>list</div><div class='protonmail_quote'>{BELOW}</div>",
    "roundcube": f"<p>list</p><p id='reply-intro'>On 2026-06-10 09:00, Sudi wrote:</p>{BELOW}",
}


def of_html(page: str) -> tuple[str, ...]:
    made = EmailMessage()
    made["From"] = "ada@reader.test"
    made.set_content(f"<html><head><title>x</title></head><body>{page}</body></html>", subtype="html")
    parsed = incoming.parsed(made.as_bytes())
    assert parsed is not None
    return incoming.understood(parsed).lines


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_of_html_too_only_what_the_person_wrote_is_read(page):
    assert of_html(page) == ("list",)


def test_an_answer_below_a_quotation_in_html_is_read():
    quotation = f"<blockquote type='cite'>{BELOW}</blockquote>"
    assert of_html(f"<div>On 10/06/2026 09:00, Sudi wrote:</div>{quotation}<div>yes</div>") == ("yes",)


def test_a_mail_that_is_attached_is_not_the_persons():
    inner = EmailMessage()
    inner.set_content(QUOTED)
    made = EmailMessage()
    made["From"] = "ada@reader.test"
    made.set_content("\n")
    made.add_attachment(inner)
    parsed = incoming.parsed(made.as_bytes())
    assert parsed is not None
    assert incoming.understood(parsed).lines == ()


def test_lines_made_to_take_long_do_not():
    for line in ("-" + "=- " * 60_000, "On " * 60_000 + ":", "*" * 100_000, ("a" * 290 + " wrote\n") * 3_000):
        assert len(own_lines(line)) <= 100
