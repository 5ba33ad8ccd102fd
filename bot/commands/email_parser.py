"""Commands in a mail: which of its lines are commands, and what a mail means by them. Pure.

In a mail the first lines count, and people write around them: a greeting above, a name below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.commands import understood
from bot.commands.specs import CommandSpec
from bot.commands.typed import cleaned
from bot.errors import UserError
from bot.text.variants import simplified

MOST = 20
"""Commands of one mail."""

_SEARCHED = 5  # lines before the first command: a subject, a greeting
_ENDS = (
    "unsubscribe",
    "cancel",
    "退订",
    "取消订阅",
    "退出订阅",
    "停止订阅",
    "解除订阅",
    "不再订阅",
)  # of everything, when nothing follows
_ARXIV_ENTRIES = ("add", "del")
_ARXIV_GREETINGS = ("subscribe", "sub")
_YES = ("yes", "y", "ok", "okay", "confirm", "i confirm", "确认", "是", "是的", "好", "好的", "同意")


class EmailCommand(NamedTuple):
    """One command of a mail."""

    text: str
    spec: CommandSpec
    argument: str


class EmailCommands(NamedTuple):
    """The commands of a mail; `error` is about the line that looked like one and was none."""

    commands: tuple[EmailCommand, ...]
    error: UserError | None = None


def commands_in(lines: Sequence[str]) -> EmailCommands:
    """The first commands in a row, of a subject and the lines below it."""
    found: list[EmailCommand] = []
    error: UserError | None = None
    said = list(dict.fromkeys(cleaned(line) for line in lines if line.strip()))
    for number, line in enumerate(said):
        try:
            spec, argument = understood(line)
        except UserError as fault:
            if fault.key == "error.verb_meant" or (len(said) == 1 and fault.key == "error.only_a_query"):
                error = error or fault
            if found or number >= _SEARCHED:
                break
            continue
        if len(found) < MOST:
            found.append(EmailCommand(_meant(line, spec, argument), spec, argument))
    return EmailCommands(tuple(_without_greeting(found)), error)


def is_yes(lines: Sequence[str]) -> bool:
    """Whether an answer begins with a yes; programs on holiday answer with anything else, or with nothing."""
    first = next((cleaned(line).strip(".!。！ ").casefold() for line in lines if line.strip()), "")
    return simplified(first) in _YES


def _meant(line: str, spec: CommandSpec, argument: str) -> str:
    """A bare `unsubscribe`, which people write to be left alone, and arXiv's `cancel` mean everything."""
    ends = not argument and simplified(line.casefold().rstrip("。.!！")) in _ENDS
    return f"{spec.name} all" if ends else line


def _without_greeting(found: list[EmailCommand]) -> list[EmailCommand]:
    """arXiv's mails say `subscribe NAME` above lines of `add CATEGORY`: the name is no query.

    https://info.arxiv.org/help/subscribe.html
    """
    verbs = [one.text.partition(" ")[0].casefold() for one in found]
    if verbs[:1] and verbs[0] in _ARXIV_GREETINGS and any(verb in _ARXIV_ENTRIES for verb in verbs[1:]):
        return found[1:]
    return found
