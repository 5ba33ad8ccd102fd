"""Mails from a fixed seed, from ordinary to hostile: an answer, a silence or a bounce each, and never a traceback."""
# ruff: noqa: E501 (pieces of mails)

from __future__ import annotations

import base64
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence

from bot.channels.email import bounces, incoming
from bot.commands.email_parser import commands_in
from tests.channels.email.test_bounce_forms import HEAD, TEXTS
from tests.channels.email.test_quoted import ATTRIBUTIONS, HEADERS, PAGES
from tests.channels.email.test_reader import POISON

SEED = 20260610
OURS = {"papers@sudi.test"}

_FROM = [b"Ada <ada@reader.test>", b"Roe, Ada <ada@reader.test>", b"ada@reader.test <ada@reader.test>", b"=?gb2312?B?wO4=?= <a@b.c>",
         b"a@b.c, d@e.f", b"", b"<>", b"(" * 300 + b"a@b.c", b"\xff\xfe <a@b.c>", b'"' * 99 + b"<a@b.c>", b"a:b@c.d;"]  # fmt: skip
_SUBJECTS = [
    "list",
    "订阅 cs.LG",
    "訂閱 cs.LG",
    "Re: subscribe cs.LG",
    "回覆: help",
    "WG: list",
    "",
    "x" * 3_000,
    "unsubscribe",
    "yes",
]
_NAMES = [
    b"To",
    b"Subject",
    b"References",
    b"Precedence",
    b"Auto-Submitted",
    b"Content-Type",
    b"X-Loop",
    b"Received",
    b"Message-ID",
    b"\xffX",
]
_TYPES = [b"text/plain", b"text/plain; charset=utf-8", b"text/plain; charset=gb2312", b"text/plain; charset=x-unknown", b"text/html",
          b"text/html; charset=big5", b"text/plain; format=flowed", b"text/plain; charset=utf-7", b"text/plain; charset=\"", b"a/b",
          b"message/rfc822", b"multipart/mixed; boundary=x", b"multipart/alternative; boundary=x", b"message/delivery-status", b"/", b"text"]  # fmt: skip
_CODECS = ["utf-8", "gbk", "big5", "gb18030", "utf-16", "cp1252", "utf-7"]


def invented(choose: random.Random) -> bytes:
    """One mail."""
    kind = choose.randrange(10)
    if kind == 0:
        raw = HEAD + choose.choice([text for text, _ in TEXTS.values()])
        return _damaged(raw.encode(), choose)
    if kind == 1:
        return _damaged(choose.choice(list(POISON.values())) + b"\r\n\r\n" + choose.randbytes(50), choose)
    rows = [
        b"From: " + choose.choice(_FROM),
        b"Subject: " + _subject(choose),
        b"Content-Type: " + choose.choice(_TYPES),
    ]
    rows += [choose.choice(_NAMES) + b": " + _piece(choose) for _ in range(choose.randrange(4))]
    if choose.random() < 0.3:
        rows.append(
            b"Content-Transfer-Encoding: "
            + choose.choice([b"base64", b"quoted-printable", b"8bit", b"x", b"uuencode"])
        )
    choose.shuffle(rows)
    return _damaged(b"\n".join(rows) + b"\n\n" + _body(choose), choose)


def _subject(choose: random.Random) -> bytes:
    text, codec = choose.choice(_SUBJECTS), choose.choice(_CODECS)
    content = text.encode(codec, "replace")
    if choose.random() < 0.5:
        return content.replace(b"\n", b" ").replace(b"\r", b" ")
    label = choose.choice([codec, "gb2312", "x-unknown", "rot13", ""])
    return f"=?{label}?B?{base64.b64encode(content).decode()}?=".encode()


def _body(choose: random.Random) -> bytes:
    texts = [
        *ATTRIBUTIONS.values(),
        *HEADERS.values(),
        *PAGES.values(),
        *_SUBJECTS,
        "> list",
        "--x\n\nlist\n",
        "<div>" * 500,
    ]
    body = "\n".join(choose.choices(texts, k=choose.randint(0, 6))).encode(choose.choice(_CODECS), "replace")
    return base64.encodebytes(body) if choose.random() < 0.2 else body


def _piece(choose: random.Random) -> bytes:
    return choose.choice(
        [
            choose.randbytes(choose.randint(0, 40)),
            b"<a@b>",
            b"list",
            b"bulk",
            b"auto-replied",
            b"text/html; charset=a*0=b",
        ]
    )


def _damaged(raw: bytes, choose: random.Random) -> bytes:
    """Now and then some bytes are others, or the end is missing."""
    if choose.random() < 0.6:
        return raw
    made = bytearray(raw[: choose.randint(0, len(raw))] if choose.random() < 0.3 else raw)
    for _ in range(min(len(made), choose.randint(0, 8))):
        made[choose.randrange(len(made))] = choose.randrange(256)
    return bytes(made)


def outcome(raw: bytes) -> str:
    """What becomes of a mail, in a word."""
    mail = incoming.parsed(raw)
    if mail is None:
        return "unreadable"
    one = incoming.understood(mail)
    if bounces.read(mail) is not None:
        return "bounce"
    if incoming.reason_not_to_answer(mail, OURS):
        return "no_papers"
    found = commands_in((one.subject, *one.lines))
    return "commands" if found.commands else "help"


def bench(count: int, tell: Callable[[str], object] = print) -> Sequence[str]:
    """Read that many mails; those that broke the reading."""
    choose, counts, broken = random.Random(SEED), Counter[str](), []
    began, slowest = time.process_time(), 0.0
    for number in range(count):
        raw = invented(choose)
        before = time.process_time()
        try:
            counts[outcome(raw)] += 1
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            RecursionError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            broken.append(f"{number}: {type(error).__name__} {error}: {raw[:200]!r}")
        slowest = max(slowest, time.process_time() - before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell(
        f"{count} mails: {dict(counts)}; {time.process_time() - began:.0f} s of CPU, the slowest {slowest * 1000:.0f} ms"
    )
    tell(f"peak memory {peak:.0f} MB; floor: none breaks the reading {'MISSED' if broken else 'met'}")
    return broken
