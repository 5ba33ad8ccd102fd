"""The text of a mail: its plain part, or its HTML as text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from lxml import etree, html

from bot.channels.email import charsets
from bot.channels.email.quoted import MARK

_MOST_PARTS = 50  # of a mail; those that people write have a handful
_LONGEST_HTML = 200_000  # characters: what a person has written stands on top
_LEFT_OUT = frozenset({"head", "style", "script", "title", "template", "noscript"})
# What mail programs put around a mail that is answered or forwarded, or around a signature, by class, id or name.
_QUOTES = re.compile(
    r"quot(?:e|ed|ation)(?![a-z])|bq\b|signature|(?<![a-z])sig(?:n|nature)?(?![a-z])|moz-(?:cite-prefix|forward-container)"
    r"|zmail_extra|isreplycontent|reply139content|messagereplysection|origbody|originalcontent|original[-_]content|includetail"
    r"|qmbox|qm_forward|mail_history|previous_history",
    re.IGNORECASE,
)
# What they put above one, as a neighbour: everything below is quoted.
_QUOTED_BELOW = re.compile(
    r"divrplyfwdmsg|appendonsend|ms-outlook-mobile-reference-message|mail-editor-reference-message-container|olk_src_body_section"
    r"|reply-intro|zwchr|mail_or(?:i|in)ginal",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|max-height)\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_QUOTING = frozenset({"blockquote", "includetail", "details"})
_META = re.compile(r"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_INLINE = frozenset(
    {"a", "b", "i", "u", "em", "strong", "span", "font", "code", "tt", "small", "big", "sub", "sup"}
)


def text_of(mail: Message) -> str:
    """The first plain part that has any text, else the first HTML part, as lines; empty when there is neither."""
    found: dict[str, str] = {}
    for part in _texts(mail):
        kind = part.get_content_type()
        text = _decoded(part)
        if text.strip():
            found.setdefault(kind, _unwrapped(part, text) if kind == "text/plain" else text)
    return found["text/plain"] if "text/plain" in found else _lines_of_html(found.get("text/html", ""))


def charset_of(mail: Message) -> str:
    """The charset that a mail names for its text; empty when it names none."""
    return next((named for part in _texts(mail) if (named := part.get_content_charset() or "")), "")


def _texts(mail: Message) -> Iterator[Message]:
    """The parts of a mail that people read; other mails that are attached to it are not its own."""
    waiting, seen = [mail], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop()
        seen += 1
        if part.is_multipart():
            within = part.get_payload() if part.get_content_maintype() == "multipart" else []
            waiting += [one for one in within if isinstance(one, Message)][::-1]
            continue
        is_text = part.get_content_type() in ("text/plain", "text/html")
        if is_text and part.get_content_disposition() != "attachment":
            yield part


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    named = part.get_content_charset() or ""
    meta = _META.search(content[:2_000].decode("latin-1")) if part.get_content_subtype() == "html" else None
    return charsets.decoded(content, named, meta[1] if meta else "")


def _unwrapped(part: Message, text: str) -> str:
    """The lines as they were typed: a line that ends in a space goes on (RFC 3676)."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    lines: list[str] = []
    is_open = False
    for line in text.splitlines():
        own = line.removeprefix(" ")
        is_signature = own == "-- "
        if is_open and not is_signature and not own.startswith(">"):
            lines[-1] += own
        else:
            lines.append(own)
        is_open = own.endswith(" ") and not is_signature and not own.startswith(">")
    return "\n".join(lines)


def _lines_of_html(text: str) -> str:
    """HTML as lines, without what is quoted or invisible."""
    if not text.strip():
        return ""
    try:
        tree = html.document_fromstring(
            text[:_LONGEST_HTML].encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.LxmlError, ValueError):
        return ""
    said: list[str] = []
    depth_left_out = 0
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            said.append("" if depth_left_out else _flat(node.tail))
            continue
        marks = " ".join(node.get(name, "") for name in ("class", "id", "name"))
        is_quote = node.tag in _QUOTING or _QUOTES.search(marks) is not None
        is_left_out = is_quote or node.tag in _LEFT_OUT or _UNSEEN.search(node.get("style", "")) is not None
        if event == "start":
            if not depth_left_out and _QUOTED_BELOW.search(marks):
                break
            if is_quote and not depth_left_out:
                said.append(f"\n{MARK}\n")
            depth_left_out += is_left_out
            said += [_break(node), "" if depth_left_out else _flat(node.text)]
        else:
            depth_left_out -= is_left_out
            said += [_break(node), "" if depth_left_out else _flat(node.tail)]
    return "".join(said)


def _break(node: html.HtmlElement) -> str:
    return "" if node.tag in _INLINE else "\n"


def _flat(text: str | None) -> str:
    return " ".join((text or "").replace("\xa0", " ").split("\n"))
