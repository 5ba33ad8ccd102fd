"""The templates of all pages and what stands around each: name, languages, acknowledgement. Pure.

All texts are escaped by Jinja, whoever wrote them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.locale import say
from bot.presentation.cards import NAME, lang_tag

HERE = Path(__file__).parent
_NO_XML = re.compile("[\ufffe\uffff]")  # harmless texts that are none in XML: https://www.w3.org/TR/xml/#charsets
STYLE = (HERE / "style.css").read_text("utf-8")
SCRIPT = (HERE / "list.js").read_text("utf-8")
EDITION = hashlib.blake2b((STYLE + SCRIPT).encode(), digest_size=4).hexdigest()
"""Part of both addresses: browsers keep the files for an hour, and load new ones after an upgrade."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A link to the same page in another language, or to another page."""

    url: str
    words: str
    lang: str = ""  # BCP 47, where the words are in another language than the page


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a page. Addresses are relative: a proxy may have its own path before ours."""

    locale: str
    up: str  # the way from this page to the first one
    title: str = ""
    home: str = ""  # where the name leads, from this page
    ways: Sequence[Choice] = ()  # at the top
    languages: Sequence[Choice] = ()  # at the bottom
    has_script: bool = False
    target: str = "main"  # of the link that skips what stands above
    skip: str = "web.skip"


def other_language(locale: str, url: str) -> Choice:
    """The link at the top to the same page for readers of the other language."""
    return Choice(url, "中文", "zh-Hans") if locale == "en" else Choice(url, "English", "en")


def mail_link(mailbox: str, command: str) -> str:
    """The address of a mail with a command as its subject; empty without a mailbox."""
    return f"mailto:{quote(mailbox, safe='@')}?subject={quote(command)}" if mailbox else ""


class Templates:
    """Renders one template inside of the frame."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["count"] = lambda n: f"{n:,}"

    def page(self, template: str, around: Around, table: str, **values: Any) -> str:
        """A page; `say` in it speaks the sentences of a table of the locale."""
        locale = around.locale
        return self._templates.get_template(template).render(
            around=around,
            name=NAME,
            edition=EDITION,
            title=f"{around.title} · {NAME}" if around.title else NAME,
            lang=lang_tag(locale),
            skip=say(around.skip, locale),
            acknowledgement=say("web.acknowledgement", locale),
            say=lambda key, **filled: say(f"{table}.{key}", locale, **filled),
            **values,
        )

    def document(self, template: str, **values: Any) -> str:
        """A document of its own in XML, such as a feed."""
        return _NO_XML.sub("\ufffd", self._templates.get_template(template).render(name=NAME, **values))
