"""The forms of subscriptions and of settings: a query in fields, and back, and how digests come. Pure.

What the fields cannot say stays in the last one, in the language of queries; nothing is lost by editing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

from bot import taxonomy
from bot.channels.slack.blocks import Block, Element, paragraphs, words
from bot.errors import QueryError
from bot.locale import TRADITIONAL, say
from bot.model import Language, Notices
from bot.query import And, Field, InCategory, Node, Not, Or, Query, Term, in_words, parse, stored
from bot.text.traditional import traditional

CALLBACK = "subscription"
"""What the submission of the form is called."""

FIELD = "form"
"""The action of every field, and the block that it stands in: `form:any`."""

_OPTION = 75
_LONGEST_INPUT = 3_000  # the most that Slack takes; longer than any query, so that each can be edited
_NEEDS_QUOTES = re.compile(r"[\s:()|&-]")


@dataclass(frozen=True, slots=True)
class FormDraft:
    """What the form says; texts are as typed, several terms separated by commas."""

    categories: tuple[str, ...] = ()
    any: str = ""
    authors: str = ""
    none: str = ""
    rest: str = ""  # in the language of queries
    language: str = Language.BOTH
    time: str = "09:00"
    zone: str = "UTC"
    notices: str = Notices.FAULTS
    limit: str = ""  # papers that a digest shows whole; empty is as many as the admin allows

    @property
    def query(self) -> str:
        """The query as a person would type it."""
        rest = self.rest.strip()
        parts = [
            ", ".join(self.categories),
            ", ".join(map(_term, _terms(self.any))),
            ", ".join(f"au:{_quoted(one)}" for one in _terms(self.authors)),
            f"({rest})" if rest else "",
            *(f"-{_term(one)}" for one in _terms(self.none)),
        ]
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class FormPurpose:
    """What a form is for; it travels in the form itself, which only Slack and we can write."""

    destination: str
    which: str = ""  # subscription is edited, as commands call it; empty for a new one
    before: tuple[str, ...] = (
        "",
        "",
        "",
        "",
        "",
    )  # language, time, zone, notices and limit of the destination, if it has them
    zone: str = "UTC"  # of the time that is chosen
    locale: str = "en"
    is_settings: bool = False  # no subscription is meant, only how digests come

    def dumped(self) -> str:
        """As Slack keeps it."""
        values = [self.destination, self.which, self.before, self.zone, self.locale, self.is_settings]
        return json.dumps(values)


def loaded(metadata: str) -> FormPurpose:
    """What `dumped` has written; forms of earlier versions have a number, and know no limit."""
    destination, which, before, zone, locale, *rest = json.loads(metadata)
    before = tuple(before) if rest else (*before, "")
    return FormPurpose(destination, str(which or ""), before, zone, locale, any(rest))


def draft_of(text: str, preferences: FormDraft) -> FormDraft:
    """A stored query in the fields of the form, with these preferences; an unreadable query stays as it is."""
    query = stored(text)
    if not isinstance(query, Query):
        return replace(preferences, rest=text)
    found: dict[str, list[str]] = {"categories": [], "any": [], "authors": [], "none": [], "rest": []}
    for part in query.root.parts if isinstance(query.root, And) else (query.root,):
        name = _field_for(part)
        if name not in ("none", "rest") and found[name]:
            name = "rest"  # the second choice of its kind
        leaves = _leaves(part) if name != "rest" else [part]
        found[name] += [
            one.text if name == "authors" and isinstance(one, Term) else str(Query(one)) for one in leaves
        ]
    texts = {name: ", ".join(values) for name, values in found.items()}
    rest = " ".join(f"({text})" for text in found["rest"]) if len(found["rest"]) > 1 else texts["rest"]
    return replace(
        preferences, categories=tuple(found["categories"]), any=texts["any"], authors=texts["authors"],
        none=texts["none"], rest=rest,
    )  # fmt: skip


def _field_for(part: Node) -> str:
    leaves = _leaves(part)
    if isinstance(part, Not):
        return "none" if all(isinstance(one, Term) and one.field is None for one in leaves) else "rest"
    known = taxonomy.categories()
    if all(isinstance(one, InCategory) and not one.primary and one.pattern in known for one in leaves):
        return "categories"
    if all(isinstance(one, Term) and one.field is None for one in leaves):
        return "any"
    if all(isinstance(one, Term) and one.field is Field.AUTHOR and one.quoted for one in leaves):
        return "authors"
    return "rest"


def _leaves(part: Node) -> list[Node]:
    inner = part.part if isinstance(part, Not) else part
    return list(inner.parts) if isinstance(inner, Or) else [inner]


def form(purpose: FormPurpose, draft: FormDraft) -> dict[str, Any]:
    """The modal, filled in."""
    locale = purpose.locale
    label = "slack.form_edit" if purpose.which else "slack.form_new"
    label = "slack.settings" if purpose.is_settings else label
    query = [] if purpose.is_settings else _query_fields(draft, locale)
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": purpose.dumped(),
        "title": _plain(say(label, locale)),
        "submit": _plain(say("slack.form_save", locale)),
        "close": _plain(say("slack.form_close", locale)),
        "blocks": [
            *query,
            _input("language", locale, _menu("reply.language_", Language, draft.language, locale)),
            _input("time", locale, {"type": "timepicker", "initial_time": draft.time}, zone=draft.zone),
            _input("notices", locale, _menu("slack.notices_", Notices, draft.notices, locale)),
            _input("limit", locale, _number(draft.limit)),
            *(reading(draft, locale) if query else ()),
        ],
    }


def _query_fields(draft: FormDraft, locale: str) -> list[Block]:
    texts = ("any", "authors", "none", "rest")
    return [
        _input("categories", locale, _categories(draft.categories, locale)),
        *(_input(name, locale, _text(getattr(draft, name))) for name in texts),
    ]


def reading(draft: FormDraft, locale: str) -> list[Block]:
    """What the form asks for, in plain words, or what is wrong with it."""
    rows = [[words(draft.query or "—", bold=True)], [words(fault(draft, locale) or _understood(draft, locale))]]
    return [{"type": "divider", "block_id": "reading"}, *paragraphs(rows)]


def fault(draft: FormDraft, locale: str) -> str:
    """What is wrong with the query of a form; empty when it can be saved."""
    try:
        parse(draft.query)
    except QueryError as error:
        return say(error.key, locale, **error.values)
    return ""


def read_form(view: Mapping[str, Any], zone: str) -> FormDraft:
    """What somebody has filled in."""
    state = view["state"]["values"]

    def value(name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = state.get(f"{FIELD}:{name}", {}).get(f"{FIELD}:{name}", {})
        return found

    def chosen(name: str) -> str:
        return (value(name).get("selected_option") or {}).get("value") or ""

    return FormDraft(
        categories=tuple(one["value"] for one in value("categories").get("selected_options") or ()),
        **{name: value(name).get("value") or "" for name in ("any", "authors", "none", "rest", "limit")},
        language=chosen("language") or Language.BOTH,
        time=value("time").get("selected_time") or "09:00",
        zone=zone,
        notices=chosen("notices") or Notices.FAULTS,
    )


def _understood(draft: FormDraft, locale: str) -> str:
    return say("reply.in_words", locale, words=in_words(parse(draft.query), locale))


def _input(name: str, locale: str, element: Element, **values: str) -> Block:
    return {
        "type": "input",
        "block_id": f"{FIELD}:{name}",
        "label": _plain(say(f"slack.form_{name}", locale, **values)),
        "element": {**element, "action_id": f"{FIELD}:{name}"},
        "optional": name not in ("language", "time", "notices"),
        "dispatch_action": True,
    }


def _text(value: str) -> Element:
    started = {"initial_value": value} if value else {}
    config = {"trigger_actions_on": ["on_enter_pressed"]}
    return {"type": "plain_text_input", "max_length": _LONGEST_INPUT, "dispatch_action_config": config, **started}


def _number(value: str) -> Element:
    started = {"initial_value": value} if value else {}
    return {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", **started}


def _categories(chosen: Iterable[str], locale: str) -> Element:
    groups = _categories_by_archive(locale)
    initial = [option for options in groups.values() for option in options if option["value"] in set(chosen)]
    return {
        "type": "multi_static_select",
        "option_groups": [{"label": _plain(name), "options": options} for name, options in groups.items()],
        **({"initial_options": initial} if initial else {}),
    }


@cache
def _categories_by_archive(locale: str) -> Mapping[str, list[Element]]:
    groups: dict[str, list[Element]] = {}
    for code, one in taxonomy.categories().items():
        if one.alias_of is None:
            chinese = traditional(one.name_zh) if locale == TRADITIONAL else one.name_zh
            groups.setdefault(one.archive, []).append(_option(f"{code} {chinese} {one.name}", code))
    return groups


def _menu(key: str, choices: Iterable[StrEnum], chosen: str, locale: str) -> Element:
    options = {one.value: _option(say(f"{key}{one.value}", locale), one.value) for one in choices}
    return {"type": "static_select", "options": list(options.values()), "initial_option": options[chosen]}


def _option(text: str, value: str) -> Element:
    return {"text": _plain(text[:_OPTION]), "value": value}


def _plain(text: str) -> Element:
    return {"type": "plain_text", "text": text, "emoji": False}


def _terms(text: str) -> list[str]:
    """Terms between commas; commas in quotes do not count."""
    pieces = re.findall(r'"[^"]*"|[^,，、;；\n"]+', text)
    return [piece.strip() for piece in pieces if piece.strip()]


def _term(text: str) -> str:
    return _quoted(text) if _NEEDS_QUOTES.search(text.strip("*")) and text[:1] != '"' else text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"'
