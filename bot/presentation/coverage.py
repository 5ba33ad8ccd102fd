"""How the coverage is worded: how many of the announced papers were read, by whose count, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.locale import say
from bot.model import ALL, Coverage
from bot.presentation.dates import bare_day, bare_days
from bot.presentation.faults import source_name

_MANY = 6
_SHOWN_OF_MANY = 5
_DAYS = 3  # more are added up


@dataclass(frozen=True, slots=True)
class CoverageLines:
    """What adds up, in one line, and each line that does not."""

    line: str
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads it."""

    locale: str
    zone: ZoneInfo

    def say(self, key: str, **values: object) -> str:
        return say(key, self.locale, **values)

    def joined(self, parts: Iterable[str]) -> str:
        return self.say("digest.comma").join(parts)


def coverage_lines(coverage: Iterable[Coverage], locale: str, zone: str) -> CoverageLines:
    """`cs.LG 138 of 138, cs.CL 96 of 96 (listing 09:07)`; several dates are named.

    The numbers add up to all that was read, however many categories and days there are. Times are those of
    the zone.
    """
    reader = _Reader(locale, ZoneInfo(zone))
    rows = sorted(coverage, key=lambda row: row.date)
    is_dated = len({row.date for row in rows}) > 1
    days = _by_day(reader, [row for row in rows if row.is_complete is not False])
    heads = {name: reader.say("digest.on_date", date=name) if is_dated else "" for name in days}
    spans = [heads[name] + _of_day(reader, part) for name, part in days.items()]
    differing = _differing(reader, [row for row in rows if row.is_complete is False])
    return CoverageLines(reader.say("digest.semicolon").join(spans), tuple(differing))


def coverage_rows(coverage: Iterable[Coverage], locale: str, zone: str) -> list[str]:
    """One line for each category and day: `10 June cs.LG 138 of 138 (listing 09:07)`."""
    reader = _Reader(locale, ZoneInfo(zone))
    rows = sorted(coverage, key=lambda row: (row.date, row.category))
    return [_whole_row(reader, row) for row in rows]


def _by_day(reader: _Reader, rows: Sequence[Coverage]) -> dict[str, list[Coverage]]:
    """The rows of each day under its name; those of many days are added up."""
    days = {day: list(part) for day, part in groupby(rows, key=lambda row: row.date)}
    if len(days) <= _DAYS:
        return {bare_day(day, reader.locale): part for day, part in days.items()}
    groups: dict[tuple[str, bool], list[Coverage]] = {}
    for row in rows:
        groups.setdefault((row.category, row.claimed is None), []).append(row)
    return {bare_days(list(days), reader.locale): [_sum(part) for part in groups.values()]}


def _sum(rows: Sequence[Coverage]) -> Coverage:
    """Several rows as one; who confirmed it is kept where all have the same confirmation."""
    claims = [row.claimed for row in rows if row.claimed is not None]
    confirmations = {row.confirmed_by for row in rows}
    return Coverage(
        rows[0].category,
        rows[0].date,
        sum(row.read for row in rows),
        sum(claims) if claims else None,
        confirmations.pop() if len(confirmations) == 1 else "",
        is_mailed=all(row.is_mailed for row in rows),
    )


def _of_day(reader: _Reader, rows: Sequence[Coverage]) -> str:
    """What adds up on one day, the rows of each confirmation together; many categories are summed up."""
    shown, rest = _named_and_rest(rows)
    return reader.joined([*_by_confirmation(reader, shown), *_rest(reader, rest)])


def _named_and_rest(rows: Sequence[Coverage]) -> tuple[Sequence[Coverage], Sequence[Coverage]]:
    return (rows, ()) if len(rows) <= _MANY else (rows[:_SHOWN_OF_MANY], rows[_SHOWN_OF_MANY:])


def _by_confirmation(reader: _Reader, rows: Sequence[Coverage]) -> Iterator[str]:
    for _, group in groupby(rows, key=lambda row: (row.confirmed_by, row.is_mailed, row.claimed is not None)):
        part = list(group)
        if part[0].claimed is None:
            yield from (
                reader.say("digest.unconfirmed", category=_name(reader, row), read=row.read) for row in part
            )
            continue
        read = reader.joined(_row(reader, row) for row in part)
        said = _confirmation(reader, part)
        yield reader.say("digest.confirmed", read=read, confirmation=said) if said else read


def _confirmation(reader: _Reader, rows: Sequence[Coverage]) -> str:
    """Who has confirmed rows, all the same for them, and when: `listing 09:07–09:12`; nothing where nobody has."""
    if not rows[0].confirmed_by:
        return ""
    name = source_name(rows[0].confirmed_by, reader.locale)
    name = reader.say("digest.and_mail", confirmation=name) if rows[0].is_mailed else name
    clocks = [f"{each.astimezone(reader.zone):%H:%M}" for each in sorted(row.at for row in rows if row.at)]
    span = "–".join(dict.fromkeys([clocks[0], clocks[-1]])) if clocks else ""
    return " ".join(filter(None, [name, span]))


def _row(reader: _Reader, row: Coverage) -> str:
    return reader.say("digest.read", category=_name(reader, row), read=row.read, claimed=row.claimed)


def _name(reader: _Reader, row: Coverage) -> str:
    return reader.say("digest.all") if row.category == ALL else row.category


def _rest(reader: _Reader, rows: Sequence[Coverage]) -> list[str]:
    """What was not named, counted: the categories that are confirmed, and those that are not."""
    confirmed = [row for row in rows if row.claimed is not None]
    others = [row for row in rows if row.claimed is None]
    said = []
    if confirmed:
        total = _sum(confirmed)
        said.append(reader.say("digest.rest", n=len(confirmed), read=total.read, claimed=total.claimed))
    if others:
        said.append(reader.say("digest.rest_unconfirmed", n=len(others), read=_sum(others).read))
    return said


def _differing(reader: _Reader, rows: Sequence[Coverage]) -> Iterator[str]:
    """A line for each category and day that does not add up, the last one for the rest of very many."""
    shown, rest = _named_and_rest(rows)
    yield from (_whole_row(reader, row) for row in shown)
    if rest:
        total = _sum(rest)
        yield reader.say("digest.rest_differs", n=len(rest), read=total.read, claimed=total.claimed)


def _whole_row(reader: _Reader, row: Coverage) -> str:
    said = _confirmation(reader, [row])
    values = {
        "date": bare_day(row.date, reader.locale),
        "category": _name(reader, row),
        "read": row.read,
        "claimed": row.claimed,
        "unread": row.unread,
    }
    if row.is_complete is None:
        return reader.say("digest.row_unconfirmed", **values)
    name = "confirmed" if row.is_complete else "unread" if row.is_accounted else "differs"
    key = f"digest.row_{name}"
    return reader.say(key if said else f"{key}_by_itself", **values, confirmation=said)
