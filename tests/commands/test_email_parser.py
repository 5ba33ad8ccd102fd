"""Which lines of a mail are commands."""

from __future__ import annotations

import pytest

from bot.commands.email_parser import MOST, commands_in, is_yes


def texts(*lines: str) -> list[str]:
    return [one.text for one in commands_in(lines).commands]


@pytest.mark.parametrize(
    ("lines", "commands"),
    [
        (["subscribe cs.LG tide"], ["subscribe cs.LG tide"]),
        (
            ["papers please", "Hello,", "subscribe cs.LG", "list", "Best wishes", "Ada", "subscribe no"],
            ["subscribe cs.LG", "list"],
        ),
        (["list", "list"], ["list"]),
        (["订阅 cs.CL 注意力", "列表"], ["订阅 cs.CL 注意力", "列表"]),
        (["/papers list"], ["/papers list"]),
        (["subscribe Ada Lovelace", "add cs.LG", "del hep-th"], ["add cs.LG", "del hep-th"]),
        (["cancel"], ["unsubscribe all"]),
        (["Unsubscribe."], ["unsubscribe all"]),
        (["退订"], ["unsubscribe all"]),
        (["unsubscribe 2"], ["unsubscribe 2"]),
        (["del"], ["del"]),
        (["1", "2", "3", "4", "5", "6", "list"], []),
        ([], []),
    ],
)
def test_the_first_commands_in_a_row_count(lines, commands):
    assert texts(*lines) == commands


def test_there_is_a_limit():
    assert len(texts(*(f"subscribe word{n}" for n in range(100)))) == MOST


def test_a_line_that_looks_like_a_command_is_told_and_one_that_does_not_is_not():
    found = commands_in(["list", "subscirbe cs.LG"])
    assert [one.text for one in found.commands] == ["list"]
    assert found.error is not None
    assert found.error.key == "error.verb_meant"
    assert commands_in(["list", "Ada Lovelace"]).error is None
    bare = commands_in(["cs.LG tide"])
    assert bare.error is not None
    assert bare.error.key == "error.only_a_query"


@pytest.mark.parametrize("lines", [["yes"], ["Yes."], ["确认"], ["好的"], ["", "OK", "Ada"]])
def test_a_yes_is_a_yes(lines):
    assert is_yes(lines)


@pytest.mark.parametrize(
    "lines", [["I am on holiday until Monday."], ["no"], [], [""], ["yes, but not now"], ["subscribe cs.LG"]]
)
def test_anything_else_is_none(lines):
    assert not is_yes(lines)
