"""Texts of mails are read as mail programs read them, whatever their label says, or does not say."""

from __future__ import annotations

import base64
import quopri

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.email import incoming
from bot.channels.email.charsets import decoded, header
from bot.verbs import Verb

SIMPLE, TRADITIONAL = "订阅 cs.LG 扩散模型", "訂閱 cs.LG 擴散模型"


def word(text: str, codec: str, label: str = "") -> str:
    return f"=?{label or codec}?B?{base64.b64encode(text.encode(codec)).decode()}?="


@pytest.mark.parametrize(
    "label", ["gb2312", "GBK", "x-gbk", "GB_2312-80", "cp936", "x-euc-cn", "gb18030", '"gb2312"']
)
def test_all_names_of_the_chinese_encoding_hold_all_of_it(label):
    assert decoded("订阅 镕 訂閱".encode("gbk"), label) == "订阅 镕 訂閱"


@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("big5", "x-big5"),
        ("big5", "cn-big5"),
        ("cp932", "x-sjis"),
        ("cp949", "ks_c_5601-1987"),
        ("cp1252", "latin1"),
    ],
)
def test_other_names_mean_what_they_mean_to_mail_programs(codec, label):
    text = {"big5": TRADITIONAL, "cp932": "購読①", "cp949": "구독 똠", "cp1252": "“Kühe” – 5 €"}[codec]
    assert decoded(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", ["", "us-ascii", "unknown-8bit", "x-unknown", "foo-8", "rot13", "punycode", "hex", "8bit"]
)
@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (SIMPLE, "utf-8"),
        (SIMPLE, "gbk"),
        ("列表", "gbk"),
        ("帮助", "gbk"),
        (TRADITIONAL, "gbk"),
        (TRADITIONAL, "big5"),
        ("列表", "big5"),
        ("退訂 1，謝謝", "big5"),
        ("Kühe à la carte", "cp1252"),
        ("subscribe cs.LG", "ascii"),
    ],
)
def test_a_text_without_a_usable_label_is_read(text, codec, label):
    assert decoded(text.encode(codec), label) == text


COMMANDS = sorted({name for verb in Verb for name in verb.names if not name.isascii()})


@pytest.mark.parametrize("label", ["", "iso-8859-1", "us-ascii", "unknown-8bit", "utf-8"])
@pytest.mark.parametrize(("codec", "language"), [("gbk", "s2s"), ("gbk", "s2t"), ("big5", "s2tw")])
def test_every_command_in_chinese_is_read_without_a_usable_label(label, codec, language):
    convert = opencc.OpenCC(language).convert if language != "s2s" else str
    for command in map(convert, COMMANDS):
        for line in (command, f"{command} 1", f"Re: {command} cs.LG"):
            assert decoded(line.encode(codec), label) == line


@pytest.mark.parametrize("label", ["", "iso-8859-1", "utf-8"])
@pytest.mark.parametrize("text", ["é", "créée", "À É", "Ωμέγα é", "это", "20 °C ± 1", "«été»", "α-RuCl₃ 状态"])
def test_a_text_of_another_language_is_no_command_by_chance(text, label):
    assert decoded(text.encode(), label) == text
    if label != "utf-8" and text in ("é", "créée", "À É"):
        assert decoded(text.encode("cp1252"), label) == text


def test_windows_1252_that_is_said_to_be_utf_8_is_read():
    assert decoded("“list” – é".encode("cp1252"), "utf-8") == "“list” – é"


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "gb2312", "big5"])
def test_a_label_that_cannot_be_right_is_not_believed(label):
    assert decoded("订阅 扩散 é".encode(), label) == "订阅 扩散 é"


def test_what_is_valid_both_ways_is_what_the_label_says():
    assert decoded("联通".encode("gbk"), "gb2312") == "联通"


def test_a_damaged_text_is_read_but_for_the_damage():
    assert decoded(SIMPLE.encode("gbk") + b"\xff\xff", "gb2312").startswith(SIMPLE)
    assert decoded(SIMPLE.encode("gbk")[:-1], "").startswith("订阅 cs.LG 扩散模")


def test_a_mark_of_the_byte_order_is_no_text():
    assert decoded(b"\xef\xbb\xbflist", "utf-8") == "list"
    assert decoded("list".encode("utf-16"), "") == "list"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (word("订阅 镕", "gbk", "gb2312"), "订阅 镕"),
        (word("订阅 镕", "gbk", "GB2312*zh-CN"), "订阅 镕"),
        (word(SIMPLE, "gbk", "x-gbk"), SIMPLE),
        (word(SIMPLE, "gbk", "x-unknown"), SIMPLE),
        (word(TRADITIONAL, "big5"), TRADITIONAL),
        (f"Re: {word(SIMPLE, 'utf-8')}", f"Re: {SIMPLE}"),
        (f"{word('订阅', 'utf-8')}\r\n {word(' cs.LG', 'utf-8')} list", "订阅 cs.LG list"),
        (word(SIMPLE, "utf-8").replace("?B?", "?b?").removesuffix("=?=") + "?=", SIMPLE),
        ("=?utf-8?Q?=E8=AE=A2=E9=98=85_cs.LG?=", "订阅 cs.LG"),
        ("=?utf-8?Q?=E8=AE=A2=E9=98=85 cs.LG?=", "订阅 cs.LG"),
        ("=?utf-8?B?!?=", ""),
        ("=?nope", "=?nope"),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_read(raw, text):
    assert header(raw) == text


def test_a_character_that_is_cut_between_two_words_is_whole():
    content = "订阅".encode("gbk")
    halves = [f"=?gb2312?B?{base64.b64encode(part).decode()}?=" for part in (content[:3], content[3:])]
    assert header(" ".join(halves)) == "订阅"


SUBJECTS = [("utf-8", ""), ("gbk", ""), ("big5", ""), ("gbk", "gb2312"), ("utf-8", "utf-8"), ("gbk", "utf-8")]


@pytest.mark.parametrize(("codec", "label"), SUBJECTS)
def test_a_subject_of_raw_bytes_is_read(codec, label):
    text = TRADITIONAL if codec == "big5" else SIMPLE
    named = f"; charset={label}" if label else ""
    raw = b"From: a@b.test\nSubject: Re: %s\nContent-Type: text/plain%s\n\n" % (text.encode(codec), named.encode())
    parsed = incoming.parsed(raw)
    assert parsed is not None
    assert incoming.understood(parsed).subject == text


@pytest.mark.parametrize(
    ("codec", "head", "named"),
    [
        ("gbk", "<meta http-equiv='Content-Type' content='text/html; charset=gb2312'>", ""),
        ("big5", '<META charset="big5">', ""),
        ("gbk", "", ""),
        ("gbk", "<meta charset=utf-8>", "gbk"),
        ("utf-8", "<meta charset=gbk>", "utf-8"),
    ],
)
def test_a_page_is_read_by_its_own_label(codec, head, named):
    text = TRADITIONAL if codec == "big5" else SIMPLE
    page = f"<html><head>{head}</head><body>{text}</body></html>".encode(codec)
    kind = f"text/html; charset={named}" if named else "text/html"
    parsed = incoming.parsed(
        b"From: a@b.test\nContent-Type: %s\nContent-Transfer-Encoding: quoted-printable\n\n%s"
        % (kind.encode(), quopri.encodestring(page))
    )
    assert parsed is not None
    assert incoming.understood(parsed).lines == (text,)


labels = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["gb2312", "big5", "utf-7", "utf-16", "hz", "iso-2022-jp", "unicode_escape", "idna", "undefined", "zip"]
    ),
)


@given(st.binary(max_size=200), labels)
def test_no_bytes_under_any_label_break_the_reading(content, label):
    assert isinstance(decoded(content, label), str)
    assert isinstance(header(f"=?{label}?q?{content.decode('ascii', 'surrogateescape')}?="), str)
