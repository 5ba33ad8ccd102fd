"""Of a mail, what somebody typed is read, nothing else; programs get no answer; nothing hostile breaks it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.email import bounces, incoming

OURS = {"papers@sudi.test"}
TOKEN = "abcdefghij" * 4


def mail(body: str = "", *, subtype: str = "plain", **headers: str) -> bytes:
    made = EmailMessage()
    for name, value in ({"From": "Ada <Ada@Reader.test>", "Message-ID": "<1@reader.test>"} | headers).items():
        made[name.replace("_", "-")] = value
    made.set_content(body, subtype=subtype)
    return made.as_bytes()


def read(raw: bytes) -> incoming.Incoming:
    parsed = incoming.parsed(raw)
    assert parsed is not None
    return incoming.understood(parsed)


def silence(raw: bytes) -> str:
    parsed = incoming.parsed(raw)
    assert parsed is not None
    return incoming.reason_for_silence(parsed, OURS)


def test_sender_subject_and_lines_are_read():
    one = read(mail("subscribe cs.LG\n\nlist\n", Subject="=?utf-8?b?6K6i6ZiFIGNzLkNM?="))
    assert (one.sender, one.subject, one.lines) == ("ada@reader.test", "订阅 cs.CL", ("subscribe cs.LG", "list"))
    assert one.thread == ("1@reader.test",)


@pytest.mark.parametrize(
    "below",
    [
        "> subscribe hep-th\n> list",
        "On Wed, 10 Jun 2026, Sudi wrote:\n> subscribe hep-th",
        "在 2026年6月10日，Sudi 写道：\n> subscribe hep-th",
        "-- \nsubscribe hep-th",
        "-----Original Message-----\nsubscribe hep-th",
        "From: Sudi <papers@sudi.test>\nsubscribe hep-th",
        "发件人：Sudi\nsubscribe hep-th",
        "________________________________\nsubscribe hep-th",
        "--------- 转发的邮件 ---------\nsubscribe hep-th",
    ],
)
def test_what_is_quoted_or_below_a_signature_is_not_the_persons(below):
    assert read(mail(f"unsubscribe 1\n\n{below}\n")).lines == ("unsubscribe 1",)


def test_an_answer_below_a_quotation_is_read():
    assert read(mail("On Wed, Sudi wrote:\n> Confirm?\n\nyes\n")).lines == ("yes",)


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        (
            "<div>subscribe cs.LG &quot;kv&nbsp;cache&quot;</div><div>list<br></div>",
            ['subscribe cs.LG "kv cache"', "list"],
        ),
        ("<p>list</p><blockquote>subscribe hep-th</blockquote>", ["list"]),
        ("list<div class='gmail_quote'><div>subscribe hep-th</div></div>", ["list"]),
        (
            "<style>p {}</style><script>subscribe x</script><p>sub<b>scribe</b> <i>cs.LG</i></p>",
            ["subscribe cs.LG"],
        ),
        ("<table><tr><td>list</td></tr></table><!-- subscribe x --> tail", ["list", "tail"]),
    ],
)
def test_a_mail_that_has_only_html_is_read_as_its_text(html, lines):
    assert list(read(mail(html, subtype="html")).lines) == lines


def test_the_plain_part_is_preferred_unless_it_is_empty():
    made = EmailMessage()
    made["From"] = "ada@reader.test"
    made.set_content("list\n")
    made.add_alternative("<p>help</p>", subtype="html")
    assert read(made.as_bytes()).lines == ("list",)
    assert read(made.as_bytes().replace(b"\nlist\n", b"\n \n")).lines == ("help",)


def test_a_flowed_line_is_one_command():
    raw = (
        b"From: ada@reader.test\nContent-Type: text/plain; format=flowed\n\nsubscribe cs.LG, \ncs.CL tide\nlist\n"
    )
    assert read(raw).lines == ("subscribe cs.LG, cs.CL tide", "list")


def test_chinese_in_old_encodings_is_read_also_when_it_is_more_than_they_know():
    head = b"From: ada@reader.test\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: 8bit\n\n"
    assert read(head + "订阅 镕".encode("gb18030")).lines == ("订阅 镕",)


def test_a_token_is_taken_out_of_the_subject():
    one = read(mail(Subject=f"Re: subscribe cs.LG · please confirm [{TOKEN.upper()}]"))
    assert (one.token, one.subject) == (TOKEN, "subscribe cs.LG · please confirm")
    assert read(mail(Subject=f"unsubscribe {TOKEN}")).subject == "unsubscribe"
    assert read(mail(Subject=f"x{TOKEN}")).token == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"Precedence": "List"},
        {"Precedence": "junk"},
        {"Return_Path": "<>"},
        {"List_Id": "<digest.example.org>"},
        {"X_Auto_Response_Suppress": "OOF"},
        {"From": "MAILER-DAEMON@mx.test"},
        {"From": "no-reply@shop.test"},
        {"From": "Papers@Sudi.test"},
        {"From": "papers+bounces@sudi.test"},
        {"From": "ada@reader.test, bob@reader.test"},
        {"From": "undisclosed"},
    ],
)
def test_programs_lists_and_we_ourselves_are_not_answered(headers):
    assert silence(mail("help", **headers)) != ""


@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "no"}, {"Precedence": "first-class"}])
def test_people_are_answered(headers):
    assert silence(mail("help", **headers)) == ""


def test_the_same_mail_has_the_same_key_and_another_sender_another():
    assert read(mail("a")).key == read(mail("a")).key
    assert read(mail("a")).key != read(mail("a", From="bob@reader.test")).key
    assert read(mail("a")).key != read(mail("a").replace(b"<1@", b"<2@")).key


def test_no_id_of_others_can_bring_a_header_along():
    one = read(b"From: ada@reader.test\nMessage-ID: <a\n b@c>\nReferences: <x@y> <z\r\n Bcc: v@w>\n\nhelp")
    assert all(character.isprintable() and character not in " <>" for each in one.thread for character in each)


nested = st.recursive(
    st.binary(max_size=60),
    lambda inner: st.builds(
        lambda boundary, parts, kind: (
            b"Content-Type: %s; boundary=%s\n\n" % (kind, boundary)
            + b"".join(b"--%s\n%s\n" % (boundary, part) for part in parts)
        ),
        st.sampled_from([b"aa", b'"b b"', b"aa"]),
        st.lists(inner, max_size=3),
        st.sampled_from([b"multipart/mixed", b"multipart/report", b"multipart/alternative", b"message/rfc822"]),
    ),
    max_leaves=6,
)
names = st.sampled_from([b"From", b"Subject", b"Message-ID", b"References", b"Content-Type", b"Precedence", b"To"])
values = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [b"=?x?b?!?=", b"=?utf-8?q?=zz?=", b"text/html; charset=nope", b"text/plain; charset=rot13", b"<@>,"]
    ),
)
headers = st.lists(st.tuples(names, values).map(lambda pair: b": ".join(pair) + b"\n"), max_size=6).map(b"".join)


@given(headers, nested)
def test_no_mail_whatever_breaks_the_reading(head, body):
    parsed = incoming.parsed(head + b"\n" + body)
    if parsed is not None:
        incoming.reason_for_silence(parsed, OURS)
        one = incoming.understood(parsed)
        assert all("\n" not in line for line in (one.subject, *one.lines))
        bounces.read(parsed)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"Content-Type: multipart/mixed; boundary=a\n\n"
        + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 5000,
        b"From: a@b.test\nContent-Type: text/html\n\n" + b"<div>" * 50_000 + b"list",
        b"From: " + b"<" * 100_000 + b"\n\nlist",
        b"From: a@b.test\nSubject: " + b"=?utf-8?q?x?= " * 20_000 + b"\n\nlist",
        b"From: a@b.test\nReferences: " + b"<a@b> " * 20_000 + b"\n\nlist",
    ],
    ids=["empty", "zeros", "nested", "deep html", "brackets", "encoded", "references"],
)
def test_hostile_mails_are_read_in_time(raw):
    parsed = incoming.parsed(raw)
    if parsed is not None:
        incoming.reason_for_silence(parsed, OURS)
        assert len(incoming.understood(parsed).thread) <= 11
