"""Bytes of a mail as text, read as mail programs read them: by what the mail says, unless that cannot be. Pure.

Labels are wider than their names (https://encoding.spec.whatwg.org/#names-and-labels): GB 2312 holds GBK,
ISO 8859-1 is Windows-1252. Bytes without a label, or under an unknown one, are UTF-8 if they can be;
otherwise the Chinese encoding whose common characters they are made of. What says a command of ours in a Chinese
encoding is in that, unless another one is named.
"""

from __future__ import annotations

import binascii
import codecs
import quopri
import re
from itertools import groupby
from typing import NamedTuple

from bot.text.variants import simplified
from bot.verbs import Verb

_GB, _BIG5, _WINDOWS = "gb18030", "big5hkscs", "cp1252"
_WIDER = (
    (re.compile(r"(?:x-?|cs)?(?:gb_?2312(?:-?80)?|gbk|gb18030(?:-\d+)?|euc-?cn|cp936|936|windows-936)"), _GB),
    (re.compile(r"(?:x-|cs|cn-|chinese)?big-?5(?:-?hkscs|-eten)?|cp950|950|windows-950"), _BIG5),
    (re.compile(r"(?:x-|cs)?(?:shift[-_]?jis|sjis|ms_kanji|ms932|windows-31j)"), "cp932"),
    (re.compile(r"(?:cs)?(?:ks_?c_?5601(?:[-_]19(?:87|89))?|euc-?kr|uhc|windows-949)"), "cp949"),
    (re.compile(r"(?:x-)?(?:iso-?8859-1|iso8859_1|latin-?1|l1|ansi|x-ansi)"), _WINDOWS),
    (re.compile(r"iso-?8859-8-[ie]"), "iso8859-8"),
    (re.compile(r"(?:x-)?(?:unicode-1-1-)?utf-?8(?:mb[34]|-mac)?|unicode|csutf8"), "utf-8"),
)
_SAYS_NOTHING = re.compile(
    r"(?:us-?|ansi_x3.4-1968|iso-ir-6)?(?:ascii)?|x?-?unknown(?:-8bit)?|[78]bit|binary|none|default"
)
_OF_TEXTS = re.compile(r"(?:utf|iso|cp|koi8|mac|gb|big5|euc|shift|hz|johab|tis|ptcp|kz|hp)[\w-]*")
_SAMPLE = 4_000  # bytes by which an encoding is guessed
_COMMON = 0.45  # of the characters: traditional ones are rare in GBK
_COMMANDS = frozenset(name for verb in Verb for name in verb.names if not name.isascii())
_CANDIDATES = ((_GB, "gb2312", 0xD7), (_BIG5, "big5", 0xC6))  # the last first byte of a common character

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_LONGEST_HEADER = 8_000


class _Chunk(NamedTuple):
    """Bytes of a header under one label."""

    label: str
    content: bytes


def decoded(content: bytes, label: str = "", hint: str = "") -> str:
    """Bytes as text, never failing; `hint` is what stands elsewhere, for bytes without a label of their own."""
    named = _codec(label) or _codec(hint)
    is_utf8 = _strictly(content, "utf-8-sig")
    if named in ("", _WINDOWS, "utf-8") and (chinese := _of_a_command(content)):
        return content.decode(chinese, "replace")
    if is_utf8 is not None and (named in ("", _WINDOWS, "utf-8") or _is_unlike(content, named)):
        return is_utf8
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        named = "utf-16"
    if named and (text := _strictly(content, named)) is not None:
        return text
    if is_utf8 is not None:
        return is_utf8
    # A few damaged bytes do not make another encoding of what is said to be Chinese.
    guessed = named if named in (_GB, _BIG5) else _guessed(content)
    if named == "utf-8" and content.decode("utf-8", "ignore").isascii():
        named = _WINDOWS
    return content.decode(guessed or named or _WINDOWS, "replace")


def header(raw: str, hint: str = "") -> str:
    """A header as people read it (RFC 2047), also one in raw bytes, which the parser keeps as surrogates."""
    raw = raw[:_LONGEST_HEADER].replace("\r", "").replace("\n", "")
    chunks: list[_Chunk] = []
    end = 0
    for word in _WORD.finditer(raw):
        between = raw[end : word.start()]
        if not (chunks and end and not between.strip()):  # spaces between two words are none (6.2)
            chunks.append(_Chunk("", _bytes(between)))
        chunks.append(_Chunk(word[1].partition("*")[0], _of_word(word[2], word[3])))
        end = word.end()
    chunks.append(_Chunk("", _bytes(raw[end:])))
    # Programs cut a word between the two bytes of a character, so that neighbours are read together.
    groups = groupby((one for one in chunks if one.content), key=lambda one: one.label.lower())
    return "".join(decoded(b"".join(one.content for one in group), label, hint) for label, group in groups)


def _bytes(raw: str) -> bytes:
    return raw.encode("utf-8", "surrogateescape")


def _of_word(encoding: str, text: str) -> bytes:
    content = _bytes(text)
    if encoding in "qQ":
        return quopri.decodestring(content.replace(b" ", b"_"), header=True)
    digits = _NOT_BASE64.sub(b"", content)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _codec(label: str) -> str:
    """The codec that a label means; empty where it says nothing, or nothing that exists."""
    name = label.strip("\"' ;").lower()[:60]
    if _SAYS_NOTHING.fullmatch(name):
        return ""
    for pattern, wider in _WIDER:
        if pattern.fullmatch(name):
            return wider
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if _OF_TEXTS.fullmatch(found) else ""


def _strictly(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _is_unlike(content: bytes, codec: str) -> bool:
    """Whether bytes are said to be Chinese, and would be rare characters then."""
    sample = content[:_SAMPLE]
    return any(
        _share(sample.decode(codec, "ignore"), base, last) < _COMMON
        for known, base, last in _CANDIDATES
        if known == codec
    )


def _of_a_command(content: bytes) -> str:
    """The Chinese encoding in which bytes say a command of ours: GBK's 状态 is also UTF-8, Big5's 暫停 GBK."""
    sample = content if len(content) <= _SAMPLE else content[:_SAMPLE].rpartition(b"\n")[0]
    if sample.isascii():
        return ""
    texts = ((codec, _strictly(sample, codec)) for codec, _, _ in _CANDIDATES)
    return next(
        (codec for codec, text in texts if text and any(one in _COMMANDS for one in simplified(text).split())), ""
    )


def _guessed(content: bytes) -> str:
    """The Chinese encoding that bytes are in; empty when they look like neither."""
    sample = content[:_SAMPLE]
    shares = {codec: _share(sample.decode(codec, "ignore"), base, last) for codec, base, last in _CANDIDATES}
    best = max(shares, key=lambda codec: shares[codec])
    return best if shares[best] >= _COMMON else ""


def _share(text: str, base: str, last: int) -> float:
    """How many of the characters are common ones: both encodings begin with those."""
    characters = [one for one in text if not one.isascii()]
    return sum(_lead(one, base) <= last for one in characters) / len(characters) if characters else 0.0


def _lead(character: str, codec: str) -> int:
    try:
        return character.encode(codec)[0]
    except UnicodeError:
        return 0xFF
