"""The pages as HTML, and what their forms ask for. Pure; all texts are escaped by Jinja."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from bot.commands.email_parser import EmailCommand, commands_in
from bot.commands.email_workflow import MailboxState, Outlook, in_words
from bot.commands.rates import rate_in_words
from bot.commands.times import days_in_slot, instant_in_words, slot_in_words
from bot.errors import QueryError
from bot.locale import LANGUAGES, TRADITIONAL, say, spoken
from bot.model import Days, Destination, Language, Notices, Paper, Subscription
from bot.presentation.cards import lang_tag
from bot.query import LENGTH_LIMIT, Query, stored
from bot.query import in_words as query_in_words
from bot.store.incoming_emails import Unconfirmed
from bot.text.harmless import harmless, one_line
from bot.text.latex import readable
from bot.verbs import Verb
from bot.web.room.views import Newest
from bot.web.templates import Around, Choice, Templates, mail_link, other_language

LOCALES = (*LANGUAGES, TRADITIONAL)
"""What pages are written in."""

_LONGEST_FIELD = 100
_AUTHORS = 100  # to choose from
_USUAL_PATH = "/mail/token"
_EXAMPLE = f'{Verb.SUBSCRIBE} cs.LG "kv cache"'
_WHICH = re.compile(r"\d{1,6}|id:\d{1,18}|all", re.ASCII)
_DAYS = (Days.WEEKDAYS, Days.DAILY, Days.WEEKLY)
_LABELLED = (Verb.LANGUAGE, Verb.TIME, Verb.DAYS)
_LIMIT = re.compile(r"[0-9]{0,4}")
_CHOICES = {Verb.LANGUAGE: frozenset(Language), Verb.NOTICES: frozenset(Notices)}


class Pages:
    """All pages; `locale` is one of LOCALES."""

    def __init__(self) -> None:
        self._templates = Templates()

    def front(self, locale: str, mailbox: str = "", newest: Newest | None = None) -> str:
        """What this is, and how it begins; with a paper where everybody may read the papers here."""
        other = "zh" if locale == "en" else "en"
        tail = f"?lang={'both' if locale == 'en' else locale}"
        return self._written(
            "front.html.jinja",
            locale,
            "/",
            ways=[Choice(f"dates{tail}", say("room.dates", locale))] if newest else [],
            other_lang=lang_tag(other),
            other_heading=say("web.front_heading", other),
            newest=newest,
            command=_EXAMPLE,
            mailbox=mailbox,
            mail=mail_link(mailbox, _EXAMPLE),
            tail=tail,
            say_in_room=lambda key, **filled: say(f"room.{key}", locale, **filled),
        )

    def failed(self, locale: str, status: int, path: str) -> str:
        """What went wrong, at any path; for a token the same whatever is wrong with it."""
        key = {HTTPStatus.NOT_FOUND: "not_found", HTTPStatus.SERVICE_UNAVAILABLE: "busy"}.get(
            HTTPStatus(status), "refused"
        )
        home = Choice("../" * (path.count("/") - 1) or "./", say("web.to_front", locale))
        heading, text = say(f"web.{key}_title", locale), say(f"web.{key}", locale)
        return self._written(
            "said.html.jinja", locale, path, heading=heading, text=text, further=[home], is_reply=False
        )

    def said(self, locale: str, text: str, path: str = _USUAL_PATH) -> str:
        """A page with what was done, and nothing to do."""
        heading = say("web.done", locale)
        return self._written(
            "said.html.jinja", locale, path, heading=heading, text=harmless(text), further=(), is_reply=True
        )

    def question(self, locale: str, wish: Unconfirmed, outlook: Outlook) -> str:
        """What would be done, in plain words, what it will bring, and the button that does it."""
        wishes = list(_wishes(wish, outlook, locale))
        is_one = bool(wishes) and all(one.is_subscription for one in wishes)
        language = say(f"reply.language_{outlook.language.value}", locale)
        slot = slot_in_words(outlook.slot, locale)
        return self._written(
            "question.html.jinja",
            locale,
            heading=say("web.question_subscription" if is_one else "web.question", locale),
            mailbox=wish.address,
            wishes=wishes,
            when=say("web.will_come", locale, slot=slot, language=language) if is_one else "",
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
            subscriptions=[_Line.of(one, editing, state.rates, locale) for one in state.subscriptions],
            when=instant_in_words(state.due, destination.slot.zone, locale),
            waiting=state.waiting,
            said=harmless(said),
            refused=refused,
            longest=LENGTH_LIMIT,
            languages=[(one.value, say(f"reply.language_{one.value}", locale)) for one in Language],
            days=[(one, days_in_slot(one, locale)) for one in dict.fromkeys((*_DAYS, destination.slot.days))],
            notices=[(one.value, say(f"slack.notices_{one.value}", locale)) for one in Notices],
        )

    def _written(
        self, template: str, locale: str, path: str = _USUAL_PATH, ways: Sequence[Choice] = (), **values: object
    ) -> str:
        languages = [Choice(f"?lang={one}", say(f"web.in_{one}", "en"), lang_tag(one)) for one in LOCALES]
        quick = other_language(locale, languages[locale == "en"].url)
        around = Around(locale, up="../" * (path.count("/") - 1), ways=[*ways, quick], languages=languages)
        return self._templates.page(template, around, "web", **values)


class _Wish(NamedTuple):
    """One thing that a confirmation would do."""

    words: str
    command: str = ""
    rate: str = ""
    is_subscription: bool = False


def _wishes(wish: Unconfirmed, outlook: Outlook, locale: str) -> Iterator[_Wish]:
    if wish.person:
        yield _Wish(in_words(wish, locale)[0].removeprefix("• "))
        return
    for line in wish.text.splitlines():
        found = commands_in([line]).commands
        query = stored(found[0].argument) if found and found[0].spec.name == Verb.SUBSCRIBE else None
        if isinstance(query, Query):
            words = say("web.will_get", locale, papers=query_in_words(query, locale))
            yield _Wish(words, str(query), _rate(outlook.rates, query, locale), is_subscription=True)
        else:
            yield _Wish(_command_in_words(found[0], locale) if found else "", line)


def _command_in_words(one: EmailCommand, locale: str) -> str:
    """What a command does, as the page of a mailbox says it where it offers the same."""
    if one.spec.name in (Verb.PAUSE, Verb.RESUME, Verb.UNSUBSCRIBE):
        if one.argument.isdecimal():
            return say(f"web.{one.spec.name}_one", locale, number=one.argument)
        if one.argument.casefold() in ("", "all"):
            return say(f"web.{one.spec.name}_all", locale)
    if one.spec.name in _LABELLED:
        value = one.argument
        if one.spec.name == Verb.LANGUAGE and value in set(Language):
            value = say(f"reply.language_{value}", locale)
        return say(f"web.{one.spec.name}", locale) + say("room.colon", locale) + value
    return say(f"command.{one.spec.name}", locale)


def _rate(rates: Mapping[str, float], query: Query | QueryError, locale: str) -> str:
    rate = rates.get(str(query))
    return "" if rate is None else rate_in_words(rate, locale)


@dataclass(frozen=True, slots=True)
class _Line:
    """A subscription on the page of its mailbox."""

    number: int
    reference: str
    query: str
    words: str
    rate: str
    paused: bool
    is_edited: bool

    @classmethod
    def of(cls, one: Subscription, editing: str, rates: Mapping[str, float], locale: str) -> _Line:
        query = stored(one.query)
        words = query_in_words(query, locale) if isinstance(query, Query) else say("web.unreadable", locale)
        is_edited = one.is_called(editing)
        if locale == "en":  # Chinese begins with the code of a category, or with Chinese
            words = words[:1].upper() + words[1:]
        rate = _rate(rates, query, locale)
        return cls(one.number, one.reference, one.query, words, rate, one.paused, is_edited)


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
    if not _LIMIT.fullmatch(field.get("limit", "").strip()):
        return None
    if any(name in field and field[name] not in allowed for name, allowed in choices.items()):
        return None
    found = [f"{name} {field[name]}" for name, now in known.items() if field.get(name, now) != now]
    clock, zone = field.get("clock", slot.clock)[:_LONGEST_FIELD], field.get("zone", slot.zone)[:_LONGEST_FIELD]
    if (clock, zone) != (slot.clock, slot.zone):
        found.append(f"{Verb.TIME} {clock} {zone}".strip())
    limit = str(destination.limit or "")
    if (asked := field.get("limit", limit).strip()) != limit:
        found.append(f"{Verb.LIMIT} {asked or 'off'}")
    return found


def locale_of(asked: str, language: Language | None, accepted: str) -> str:
    """The language of a page: the one asked for, else the reader's, else the first one that the browser names."""
    if asked in LOCALES:
        return asked
    if language and language.plain is not Language.BOTH:
        return language.locales[0]
    named = (spoken(part.partition(";")[0].strip()) for part in accepted[:200].split(","))
    return next(filter(None, named), LOCALES[0])
