"""The pages as HTML, and what their forms ask for. Pure; all texts are escaped by Jinja."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from bot.commands.email_workflow import in_words
from bot.locale import LANGUAGES, TRADITIONAL, say, spoken
from bot.model import Days, Destination, Language, Subscription
from bot.presentation.cards import lang_tag
from bot.store.incoming_emails import Unconfirmed
from bot.text.harmless import harmless
from bot.web.templates import Around, Choice, Templates

LOCALES = (*LANGUAGES, TRADITIONAL)
"""What pages are written in."""

_LONGEST_FIELD = 100
_USUAL_PATH = "/mail/token"
_WHICH = re.compile(r"\d{1,6}|id:\d{1,18}|all", re.ASCII)
_CHOICES = {"language": frozenset(Language), "days": frozenset(Days)}


class Pages:
    """All pages; `locale` is one of LOCALES."""

    def __init__(self) -> None:
        self._templates = Templates()

    def front(self, locale: str) -> str:
        """What this is."""
        return self.said(locale, say("web.front", locale), "/")

    def failed(self, locale: str, status: int, path: str) -> str:
        """What went wrong, at any path; for a token the same whatever is wrong with it."""
        key = "web.not_found" if status == HTTPStatus.NOT_FOUND else "web.refused"
        return self.said(locale, say(key, locale), path)

    def said(self, locale: str, text: str, path: str = _USUAL_PATH) -> str:
        """A page with a text and nothing to do."""
        return self._written("said.html.jinja", locale, path, text=harmless(text))

    def question(self, locale: str, wish: Unconfirmed) -> str:
        """What would be done, and the button that does it."""
        lines = [line.removeprefix("• ") for line in in_words(wish, locale)]
        return self._written("question.html.jinja", locale, mailbox=wish.address, lines=lines)

    def mailbox(self, locale: str, destination: Destination, known: Sequence[Subscription], said: str) -> str:
        """What a mailbox gets, with everything that changes it."""
        return self._written(
            "mailbox.html.jinja",
            locale,
            destination=destination,
            subscriptions=known,
            said=harmless(said),
            languages=[(one.value, say(f"reply.language_{one.value}", locale)) for one in Language],
            days=[(one.value, say(f"moment.{one.value}", locale)) for one in Days],
        )

    def _written(self, template: str, locale: str, path: str = _USUAL_PATH, **values: object) -> str:
        languages = [Choice(f"?lang={one}", say(f"web.in_{one}", "en"), lang_tag(one)) for one in LOCALES]
        around = Around(locale, up="../" * (path.count("/") - 1), languages=languages)
        return self._templates.page(template, around, "web", **values)


def command_of(form: Mapping[str, str]) -> str | None:
    """The command that a form of the page asks for; None for anything that the page does not offer."""
    field = {name: value.strip() for name, value in form.items() if len(value) <= _LONGEST_FIELD}
    match field.get("do"):
        case "unsubscribe" if _WHICH.fullmatch(field.get("which", "")):
            return f"unsubscribe {field['which']}"
        case "pause" | "resume" as verb:
            return verb
        case "language" | "days" as verb if field.get(verb) in _CHOICES[verb]:
            return f"{verb} {field[verb]}"
        case "time" if field.get("clock"):
            return f"time {field['clock']} {field.get('zone', '')}".strip()
    return None


def locale_of(asked: str, language: Language | None, accepted: str) -> str:
    """The language of a page: the one asked for, else the reader's, else the first one that the browser names."""
    if asked in LOCALES:
        return asked
    if language and language.plain is not Language.BOTH:
        return language.locales[0]
    named = (spoken(part.partition(";")[0].strip()) for part in accepted[:200].split(","))
    return next(filter(None, named), LOCALES[0])
