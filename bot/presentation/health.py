"""How troubles are worded: the same sentence wherever it is said."""

from __future__ import annotations

from collections.abc import Iterable

from bot.health import Kind, Trouble
from bot.locale import say
from bot.presentation.faults import fault_lines
from bot.text.harmless import one_line


def trouble_line(kind: Kind, **values: object) -> str:
    """The sentence of a trouble for admins at a terminal."""
    return "\n".join(trouble_lines([Trouble(kind, values)], "en"))


def trouble_lines(troubles: Iterable[Trouble], locale: str) -> list[str]:
    """One line for each, without addresses and secrets of ours."""
    lines: list[str] = []
    for one in troubles:
        if one.kind is Kind.MISSING:
            lines += fault_lines(one.faults, locale)
        else:
            values = {
                name: one_line(value) if isinstance(value, str) else value for name, value in one.values.items()
            }
            lines.append(say(f"health.{one.kind}", locale, **values))
    return lines
