"""The pages as HTML, and what their forms ask for. Pure; all texts are escaped by Jinja."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from bot.commands.email_parser import commands_in
from bot.commands.email_workflow import MailboxState, in_words
from bot.commands.times import days_in_slot, instant_in_words
from bot.locale import LANGUAGES, TRADITIONAL, say, spoken
from bot.model import Days, Destination, Language, Notices, Paper, Subscription
from bot.presentation.cards import lang_tag
from bot.query import LENGTH_LIMIT, Query, stored
from bot.query import in_words as query_in_words
from bot.store.incoming_emails import Unconfirmed
from bot.text.harmless import harmless, one_line
from bot.text.latex import readable
from bot.verbs import Verb
from bot.web.templates import Around, Choice, Templates

LOCALES = (*LANGUAGES, TRADITIONAL)
"""What pages are written in."""

_LONGEST_FIELD = 100
_AUTHORS = 100  # to choose from
_USUAL_PATH = "/mail/token"
_WHICH = re.compile(r"\d{1,6}|id:\d{1,18}|all", re.ASCII)
_DAYS = (Days.WEEKDAYS, Days.DAILY, Days.WEEKLY)
_CHOICES = {Verb.LANGUAGE: frozenset(Language), Verb.NOTICES: frozenset(Notices)}


class Pages:
    """All pages; `locale` is one of LOCALES."""

    def __init__(self) -> None:
        self._templates = Templates()

    def front(self, locale: str, *, has_papers: bool = False) -> str:
        """What this is, and how it begins; `has_papers`: whether everybody may read the papers here."""
        ways = [Choice("papers", say("web.read", locale))] if has_papers else []
        said = {name: say(f"web.front_{name}", locale) for name in ("heading", "text", "command")}
        return self._written("said.html.jinja", locale, "/", **said, ways=ways, is_reply=False)

    def failed(self, locale: str, status: int, path: str) -> str:
        """What went wrong, at any path; for a token the same whatever is wrong with it."""
        key = {HTTPStatus.NOT_FOUND: "not_found", HTTPStatus.SERVICE_UNAVAILABLE: "busy"}.get(
            HTTPStatus(status), "refused"
        )
        home = Choice("../" * (path.count("/") - 1) or "./", say("web.to_front", locale))
        heading, text = say(f"web.{key}_title", locale), say(f"web.{key}", locale)
        return self._written(
            "said.html.jinja", locale, path, heading=heading, text=text, command="", ways=[home], is_reply=False
        )

    def said(self, locale: str, text: str, path: str = _USUAL_PATH) -> str:
        """A page with what was done, and nothing to do."""
        said = {
            "heading": say("web.done", locale),
            "text": harmless(text),
            "command": "",
            "ways": (),
            "is_reply": True,
        }
        return self._written("said.html.jinja", locale, path, **said)

    def question(self, locale: str, wish: Unconfirmed) -> str:
        """What would be done, in plain words, and the button that does it."""
        wishes = list(_wishes(wish, locale))
        is_one = bool(wishes) and all(one.is_subscription for one in wishes)
        return self._written(
            "question.html.jinja",
            locale,
            heading=say("web.question_subscription" if is_one else "web.question", locale),
            mailbox=wish.address,
            wishes=[(one.words, one.command) for one in wishes],
        )

    def keep(self, locale: str, destination: Destination, paper: Paper, path: str, said: str = "") -> str:
        """A paper that came to a mailbox, with what may be done with it: save it, and follow its authors."""
        names = (one_line(readable(name)) for name in paper.authors[:_AUTHORS])
        return self._written(
            "keep.html.jinja",
            locale,
            path,
            tail=f"lang={locale}",
            heading=one_line(readable(paper.title)),
            paper=paper.id,
            mailbox=destination.address,
            authors=[(number, name) for number, name in enumerate(names, 1) if name],
            said=harmless(said),
            page="/".join(path.split("/")[1:3]),
        )

    def mailbox(
        self, locale: str, state: MailboxState, said: str = "", *, editing: str = "", refused: str = ""
    ) -> str:
        """What a mailbox gets, with everything that changes it; `editing` is the number that is open."""
        destination = state.destination
        return self._written(
            "mailbox.html.jinja",
            locale,
            tail=f"lang={locale}",
            destination=destination,
            subscriptions=[_Line.of(one, editing, locale) for one in state.subscriptions],
            when=instant_in_words(state.due, destination.slot.zone, locale),
            waiting=state.waiting,
            said=harmless(said),
            refused=refused,
            longest=LENGTH_LIMIT,
            languages=[(one.value, say(f"reply.language_{one.value}", locale)) for one in Language],
            days=[(one, days_in_slot(one, locale)) for one in dict.fromkeys((*_DAYS, destination.slot.days))],
            notices=[(one.value, say(f"slack.notices_{one.value}", locale)) for one in Notices],
        )

    def _written(self, template: str, locale: str, path: str = _USUAL_PATH, **values: object) -> str:
        languages = [Choice(f"?lang={one}", say(f"web.in_{one}", "en"), lang_tag(one)) for one in LOCALES]
        around = Around(locale, up="../" * (path.count("/") - 1), languages=languages)
        return self._templates.page(template, around, "web", **values)


class _Wish(NamedTuple):
    """One thing that a confirmation would do."""

    words: str
    command: str
    is_subscription: bool


def _wishes(wish: Unconfirmed, locale: str) -> Iterator[_Wish]:
    if wish.person:
        yield _Wish(in_words(wish, locale)[0].removeprefix("• "), "", is_subscription=False)
        return
    for line in wish.text.splitlines():
        found = commands_in([line]).commands
        query = stored(found[0].argument) if found and found[0].spec.name == Verb.SUBSCRIBE else None
        if isinstance(query, Query):
            words = say("web.will_get", locale, papers=query_in_words(query, locale))
            yield _Wish(words, str(query), is_subscription=True)
        else:
            words = say(f"command.{found[0].spec.name}", locale) if found else ""
            yield _Wish(words, line, is_subscription=False)


@dataclass(frozen=True, slots=True)
class _Line:
    """A subscription on the page of its mailbox."""

    number: int
    reference: str
    query: str
    words: str
    paused: bool
    is_edited: bool

    @classmethod
    def of(cls, one: Subscription, editing: str, locale: str) -> _Line:
        query = stored(one.query)
        words = query_in_words(query, locale) if isinstance(query, Query) else say("web.unreadable", locale)
        is_edited = one.is_called(editing)
        if locale == "en":  # Chinese begins with the code of a category, or with Chinese
            words = words[:1].upper() + words[1:]
        return cls(one.number, one.reference, one.query, words, one.paused, is_edited)


def keeping(form: Mapping[str, str], paper: Paper) -> str | None:
    """The command that a form of the page of a paper asks for; None for anything that the page does not offer."""
    author = form.get("author", "")
    if form.get("do") == Verb.SAVE:
        return f"{Verb.SAVE} {paper.id}"
    is_one = author.isascii() and author.isdecimal() and 1 <= int(author[:4]) <= len(paper.authors)
    return f"{Verb.FOLLOW} {paper.id}#{int(author[:4])}" if form.get("do") == Verb.FOLLOW and is_one else None


def commands_of(form: Mapping[str, str], destination: Destination) -> list[str] | None:
    """The commands that a form of the page asks for, in turn; None for anything that the page does not offer."""
    field = {name: " ".join(value.split()) for name, value in form.items() if len(value) <= LENGTH_LIMIT}
    which, query = field.get("which", ""), field.get("query", "")
    match field.get("do"):
        case Verb.SUBSCRIBE if query:
            return [f"{Verb.SUBSCRIBE} {query}"]
        case Verb.EDIT if query and _WHICH.fullmatch(which) and which != "all":
            return [f"{Verb.EDIT} {which} {query}"]
        case Verb.UNSUBSCRIBE if _WHICH.fullmatch(which):
            return [f"{Verb.UNSUBSCRIBE} {which}"]
        case Verb.PAUSE | Verb.RESUME as verb if not which or _WHICH.fullmatch(which):
            return [f"{verb} {which}".strip()]
        case "preferences":
            return _changed(field, destination)
    return None


def _changed(field: Mapping[str, str], destination: Destination) -> list[str] | None:
    """What the form for preferences changes; what stays as it is is not said again."""
    slot = destination.slot
    known = {
        Verb.LANGUAGE: destination.language, Verb.DAYS: slot.days, Verb.NOTICES: destination.notices,
    }  # fmt: skip
    choices = {**_CHOICES, Verb.DAYS: {*_DAYS, slot.days}}
    if any(name in field and field[name] not in allowed for name, allowed in choices.items()):
        return None
    found = [f"{name} {field[name]}" for name, now in known.items() if field.get(name, now) != now]
    clock, zone = field.get("clock", slot.clock)[:_LONGEST_FIELD], field.get("zone", slot.zone)[:_LONGEST_FIELD]
    if (clock, zone) != (slot.clock, slot.zone):
        found.append(f"{Verb.TIME} {clock} {zone}".strip())
    return found


def locale_of(asked: str, language: Language | None, accepted: str) -> str:
    """The language of a page: the one asked for, else the reader's, else the first one that the browser names."""
    if asked in LOCALES:
        return asked
    if language and language.plain is not Language.BOTH:
        return language.locales[0]
    named = (spoken(part.partition(";")[0].strip()) for part in accepted[:200].split(","))
    return next(filter(None, named), LOCALES[0])
