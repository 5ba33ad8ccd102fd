"""What strangers and odd servers say, from a seed: requests by HTTP, pages and feeds, answers of models, queries.

Mails are in `mails`. Whoever uses these says how often; what comes of each is for the judge of `fuzz`.
"""
# ruff: noqa: E501 (pieces of what they say)

from __future__ import annotations

import gzip
import json
import random
import zlib
from typing import Any

from tests.bench import workload
from tests.counterparts.arxiv_feeds import feed
from tests.counterparts.arxiv_pages import catchup_page, listing_page
from tests.counterparts.arxiv_site import Answer
from tests.fakes import DAY
from tests.sources.mutations import ENTRIES
from tests.web.room.test_access import hostile as of_the_room
from tests.web.test_strangers import HEAD, LINES, ODD, TOKEN

BOMB = gzip.compress(bytes(32 * 2**20), 9)
_CATEGORY = "cs.GL"
PAGES = {
    "listing": listing_page(_CATEGORY, DAY, ENTRIES),
    "catch-up": catchup_page(_CATEGORY, DAY, ENTRIES),
    "feed": feed(_CATEGORY, DAY, ENTRIES),
}
PAGES = {name: body.replace(b"2606.9", b"2605.9") for name, body in PAGES.items()}  # papers that nobody should get
_TAGS = (b"<a>", b"<div>", b"<dt>", b"<dd>", b"<item>", b"</channel>", b"<h3>", b"<![CDATA[", b"]]>", b"<!--", b"&lt;", b"&#0;",
         b"&x;", b"<!DOCTYPE x [<!ENTITY a \"aa\">]>", b"\x00", b"\xff", b"<script>", b"<description>", b"<title>")  # fmt: skip


def damaged(body: bytes, choose: random.Random) -> bytes:
    """A page with something cut out, doubled, overwritten or put in."""
    made = bytearray(body)
    for _ in range(choose.choice([1, 1, 1, 2, 5])):
        at = choose.randrange(len(made) + 1)
        piece = bytes(made[at : at + choose.choice([1, 20, 400, 5_000])])
        match choose.randrange(5):
            case 0:
                del made[at : at + len(piece)]
            case 1:
                made[at:at] = piece * choose.randint(1, 30)
            case 2:
                made[at : at + len(piece)] = choose.randbytes(len(piece))
            case 3:
                made[at:at] = choose.choice(_TAGS) * choose.choice([1, 2, 300, 3_000])
            case _:
                del made[at:]
    return bytes(made)


def page(choose: random.Random, path: str) -> Answer:
    """An odd answer of arXiv's; none of them asks us to wait."""
    kind = "feed" if "/rss/" in path else "catch-up" if "/catchup/" in path else "listing"
    body = PAGES[kind]
    match choose.randrange(12):
        case 0:
            return Answer(200, BOMB, {"Content-Encoding": "gzip"})
        case 1:
            return Answer(200, gzip.compress(BOMB), {"Content-Encoding": "gzip, gzip"})
        case 2:
            return Answer(200, zlib.compress(body), {"Content-Encoding": choose.choice(["deflate", "br", "gzip"])})
        case 3:
            where = choose.choice(
                ["javascript:alert(1)", "http://[", "", "data:x,y", path, "//\x7f", "/list/cs.GL"]
            )
            return Answer(choose.choice([301, 302, 303, 307, 308]), headers={"Location": where})
        case 4:
            return Answer(choose.choice([100, 199, 204, 206, 299, 400, 403, 404, 500, 599, 99]), body)
        case 5:
            return Answer(200, body, drop=True)
        case 6:
            length = choose.choice(["-1", "nan", "0", "9" * 30, str(len(body) + 7)])
            return Answer(200, body, {"Content-Length": length})
        case 7:
            return Answer(200, choose.randbytes(choose.randint(0, 4_000)))
    return Answer(200, damaged(body, choose))


_PIECES = [b"GET ", b"POST ", b"HEAD ", b"/mail/", b"/confirm/", b"/digest/", b"/papers?q=", TOKEN.encode(), b" HTTP/1.1", b"\r\n", b"Host: x",
           b"\r\n\r\n", b"Content-Length: ", b"12", b"Content-Type: ", b"application/x-www-form-urlencoded", b"; charset=", b"utf-99",
           b"multipart/form-data; boundary=", b"a=b&do=pause", b"%ff", b"\x00", b"\xff\xfe", b"Transfer-Encoding: chunked",
           b"Range: bytes=0-,-1", b"Cookie: \x80=1", b"Expect: 100-continue", b"Upgrade: websocket", b"Content-Encoding: gzip"]  # fmt: skip


def request(choose: random.Random) -> bytes:
    """The bytes of a request that nobody should make; it is the last of its connection."""
    match choose.randrange(4):
        case 0:
            return HEAD % choose.choice([TOKEN.encode(), b"x" * 4_000, b"%00", b"..%2f..", b""]) + choose.choice(
                ODD
            )
        case 1:
            return choose.choice(LINES)
        case 2:
            return b"".join(choose.choices(_PIECES, k=choose.randint(1, 25)))
    path, headers = of_the_room(choose.randrange(10**9))
    lines = [f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


_TEXTS = {"title": "港口：潮汐表的稀疏注意力", "one_line": "用稀疏注意力预测潮汐。", "english_line": "We predict tides.",
          "abstract": "我们用稀疏注意力预测潮汐 1。" * 3}  # fmt: skip
GOOD = json.dumps({
    "choices": [{"message": {"content": json.dumps(_TEXTS)}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 300, "completion_tokens": 90},
}).encode()  # fmt: skip
"""What it says when it answers well."""

_SAID = ['{"title": "港口"}', '{"title": "\\ud83d港口"}', '{"title": 7}', '{"title": "港口"', "}{", "<title>港口", "<think>x", "", "[]",
         '{"title": "' + "潮" * 30_000 + '"}', '{"title": ' + '{"a":' * 9_000, "\u202e\u200b", "I cannot help with that.", "```json\n{}\n```",
         '{"title": "<@everyone> [x](javascript:1) $\\\\beta$"}', '{"title": "⟦1⟧⟦9⟧"}', "null", "7", "港" * 50_000, *[json.dumps(_TEXTS)] * 9]  # fmt: skip


def content(choose: random.Random) -> Any:
    """What a model says."""
    text = choose.choice(_SAID)
    if choose.random() < 0.3:
        at = choose.randrange(len(text) + 1)
        text = text[:at] + "".join(choose.choices('{}[]"\\⟦⟧<>$潮a\n\x00', k=choose.randint(1, 9))) + text[at:]
    return choose.choice([text, text, text, text, [{"type": "text", "text": text}], None, 7, [], {"a": text}])


def completion(choose: random.Random) -> bytes:
    """The body of an answer of an endpoint, which may be no JSON at all."""
    usage = choose.choice([None, [], "much", {"prompt_tokens": -5}, {"prompt_tokens": 10**30, "completion_tokens": 0.5},
                           {"prompt_tokens": 300, "completion_tokens": 90}])  # fmt: skip
    choice: Any = {
        "message": {"content": content(choose)},
        "finish_reason": choose.choice(["stop", "length", None, 7]),
    }
    choices = choose.choice([[choice], [choice], [choice], [choice], [], None, {}, ["x"], [{"message": None}]])
    body = json.dumps({"choices": choices, "usage": usage}).encode()
    match choose.randrange(12):
        case 0:
            return body[: choose.randrange(len(body))]
        case 1:
            return choose.choice(
                [b"", b"[" * 100_000, b"\xff\xfe\x00", b"<html>", b"null", b'"x"', b"data: {}\n\n"]
            )
    return body


_WORDS = ["cs.LG", "cs.*", "math", "AND", "OR", "NOT", "ANDNOT", "and", "或", "且", "不", "(", ")", '"', "“", "”", "「", "」", "*", "?", "!", "-", "—", "+",
          "|", "||", "&&", ";", "；", "，", "、", ":", "：", "au:", "ti:", "abs:", "作者:", "标题：", "cat:", "all:", "id:", "type:", "[ti]", "[Author]", "~2",
          "^3", "{", "}", "[", "]", "TO", "C++", "C#", ".NET", "A*", "γ", "gamma-ray", "潮汐", "Roe Ada", "roe_a", "\u202e", "\u200b", "\u3000",
          "\x00", "\ud7ff", "😀", "$\\gamma$", "\\alpha", "2606.90001", "hep-th/9901001", "x" * 300, "--", "''", "%", "\n", "\t", "/", "\\"]  # fmt: skip


def query(choose: random.Random) -> str:
    """A line that somebody may send as a query."""
    if choose.random() < 0.2:
        text = choose.choice(_ORDINARY)
        at = choose.randrange(len(text) + 1)
        return text[:at] + choose.choice(_WORDS) + text[at:]
    joint = choose.choice([" ", " ", " ", "", "\u3000"])
    some = joint.join(choose.choices(_WORDS, k=choose.randint(1, 20)))
    return some * (choose.choice([2, 40, 500]) if choose.random() < 0.05 else 1)


_ORDINARY = workload.queries(300, seed=3)
