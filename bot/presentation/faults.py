"""What is said of what is not there: papers, announcements, listings that were not read. Pure; not a channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.digest import NoPapers
from bot.errors import QueryError
from bot.locale import say
from bot.model import ALL, Fault, Subscription
from bot.presentation.dates import bare_day, bare_days
from bot.query import stored
from bot.text.harmless import one_line

_NAMES_SHOWN = 8


def no_papers_line(no_papers: NoPapers | None, locale: str) -> str:
    """Why there are no papers."""
    if no_papers is None:
        return say("digest.nothing", locale)
    kind = f"{no_papers.why}_{no_papers.reason}" if no_papers.reason else str(no_papers.why)
    dates = bare_days(no_papers.dates, locale) if no_papers.dates else ""
    return say(f"no_papers.{kind}", locale, dates=dates, n=no_papers.read)


def fault_lines(faults: Sequence[Fault], locale: str) -> tuple[str, ...]:
    """What could not be read, one line for each source, reason and day."""
    reasons: dict[str, list[Fault]] = {}
    for one in faults:
        reason = (
            f"{source_name(one.source, locale)}{say('no_papers.colon', locale)}{one_line(one.reason).rstrip('.')}"
        )
        reasons.setdefault(reason, []).append(one)
    return tuple(
        say("no_papers.missing", locale, what=what, reason=reason)
        for reason, group in reasons.items()
        for what in named_faults(group, locale)
    )


def unreadable_lines(subscriptions: Iterable[Subscription], key: str, locale: str) -> list[str]:
    """Of those that cannot be read any more, why not and what to do, in the sentence of a key."""
    return [
        say(key, locale, number=one.number, query=one.query, why=say(why.key, locale, **why.values))
        for one in subscriptions
        if isinstance(why := stored(one.query), QueryError)
    ]


def source_name(source: str, locale: str) -> str:
    """A source as people call it."""
    key = {"arxiv_listing": "digest.by_listing", "arxiv_feed": "digest.by_feed"}.get(source)
    return say(key, locale) if key else source


def named_faults(faults: Sequence[Fault], locale: str) -> Iterator[str]:
    """`10 June cs.LG, cs.CL`, one for each day."""
    days: dict[date, dict[str, None]] = {}
    for one in faults:
        name = say("digest.all", locale) if one.category == ALL else one.category
        days.setdefault(one.date, {})[name] = None
    return (f"{bare_day(day, locale)} {_some(list(names), locale)}" for day, names in days.items())


def _some(names: Sequence[str], locale: str) -> str:
    """All of a few names; the first of many, and how many more there are."""
    comma = say("digest.comma", locale)
    if len(names) <= _NAMES_SHOWN:
        return comma.join(names)
    more = say("no_papers.more", locale, n=len(names) - _NAMES_SHOWN + 1)
    return comma.join([*names[: _NAMES_SHOWN - 1], more])
