"""The one line that says how much of the announced papers was read, and how many matched. Pure; not a channel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.locale import say
from bot.model import ALL, Coverage

_MANY = 6
_SHOWN_OF_MANY = 5


def coverage_line(coverage: Iterable[Coverage], matched: int, tongue: str) -> str:
    """`cs.LG 138 of 138, cs.CL 96 of 96 · matched 6`; what does not add up is marked and comes first if many."""
    rows = _summed(coverage)
    rest: list[Coverage] = []
    if len(rows) > _MANY:
        rows.sort(key=lambda row: row.is_complete is not False)
        rows, rest = rows[:_SHOWN_OF_MANY], rows[_SHOWN_OF_MANY:]
    parts = [_row(row, tongue) for row in rows] + _rest(rest, tongue)
    read = say("digest.comma", tongue).join(parts)
    return " · ".join(part for part in (read, say("digest.matched", tongue, n=matched)) if part)


def _summed(coverage: Iterable[Coverage]) -> list[Coverage]:
    """One row for each category over all dates; days that do not add up stay by themselves."""
    groups: dict[tuple[str, bool | None, date | None], list[Coverage]] = {}
    for row in coverage:
        alone = row.date if row.is_complete is False else None
        groups.setdefault((row.category, row.is_complete, alone), []).append(row)
    return [_sum(rows) for rows in groups.values()]


def _sum(rows: list[Coverage]) -> Coverage:
    claims = [row.claimed for row in rows if row.claimed is not None]
    return Coverage(rows[0].category, rows[0].date, sum(row.read for row in rows), sum(claims) if claims else None)


def _row(row: Coverage, tongue: str) -> str:
    name = say("digest.all", tongue) if row.category == ALL else row.category
    key = {True: "digest.read", False: "digest.differs", None: "digest.unconfirmed"}[row.is_complete]
    return say(key, tongue, category=name, read=row.read, claimed=row.claimed)


def _rest(rows: list[Coverage], tongue: str) -> list[str]:
    states = [row.is_complete for row in rows]
    counts = {
        "digest.rest": len({row.category for row in rows}),
        "digest.rest_unconfirmed": states.count(None),
        "digest.rest_differs": states.count(False),
    }
    return [say(key, tongue, n=n) for key, n in counts.items() if n]
