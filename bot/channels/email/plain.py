"""The text of a mail: its plain part, or its HTML as text. Pure."""

from __future__ import annotations

from email.message import Message

from lxml import etree, html

_ASKED_FOR_BY_NAME = {"gb2312": "gb18030", "gbk": "gb18030", "us-ascii": "utf-8", "ascii": "utf-8"}
_LEFT_OUT = frozenset({"head", "style", "script", "title", "blockquote", "template", "noscript"})
_QUOTES = ("gmail_quote", "gmail_signature", "moz-cite-prefix", "divRplyFwdMsg", "yahoo_quoted")
_INLINE = frozenset(
    {"a", "b", "i", "u", "em", "strong", "span", "font", "code", "tt", "small", "big", "sub", "sup"}
)


def text_of(mail: Message) -> str:
    """The first plain part that has any text, else the first HTML part, as lines; empty when there is neither."""
    found: dict[str, str] = {}
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            text = _decoded(part)
            if text.strip():
                found.setdefault(kind, _unwrapped(part, text) if kind == "text/plain" else text)
    return found["text/plain"] if "text/plain" in found else _lines_of_html(found.get("text/html", ""))


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    named = (part.get_content_charset() or "utf-8").lower()
    try:
        return content.decode(_ASKED_FOR_BY_NAME.get(named, named), "replace")
    except (LookupError, ValueError):  # there is no such charset, or it is none for texts
        return content.decode("utf-8", "replace")


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
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        return ""
    said: list[str] = []
    depth_left_out = 0
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            said.append("" if depth_left_out else node.tail or "")
            continue
        is_left_out = node.tag in _LEFT_OUT or any(
            mark in f"{node.get('class', '')} {node.get('id', '')}" for mark in _QUOTES
        )
        if event == "start":
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
