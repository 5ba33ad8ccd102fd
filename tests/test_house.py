"""The house is as its pages say: rooms, floors, files and settings that they name exist; old words stay away."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from bot import channels
from bot.settings import Settings
from bot.sources import available
from bot.text.normal import has_han
from bot.verbs import Verb

ROOT = Path(__file__).parents[1]
BOT = ROOT / "bot"
PAGES = {"bot/README.md": BOT, "tests/README.md": ROOT / "tests"}
_OLD_WORDS = re.compile(r"tongue|circle|readingroom|errand|shelf|witness", re.IGNORECASE)
_PATH = re.compile(r"`([\w/]+(?:\.(?:py|toml|md)|/))`")
_SETTING = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")


def linter() -> list[dict[str, object]]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts: list[dict[str, object]] = pyproject["tool"]["importlinter"]["contracts"]
    return contracts


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page):
    named = _PATH.findall((ROOT / page).read_text("utf-8"))
    assert len(named) > 10
    missing = [one for one in named if not ((PAGES[page] / one).exists() or (ROOT / one).exists())]
    assert missing == []


def test_every_setting_that_the_house_names_is_one():
    named = set(_SETTING.findall((BOT / "README.md").read_text("utf-8")))
    assert "BOT_SOURCES" in named
    assert named <= {name.upper() for name in Settings.model_fields}


def test_the_floors_of_the_page_are_those_of_the_linter():
    block = re.search(r"```\n(__main__.*?)```", (BOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert block is not None
    told = [{room.strip() for room in floor.split("|")} for floor in block[1].replace("\n", " ").split(">")]
    (floors,) = (one["layers"] for one in linter() if one["id"] == "floors")
    assert isinstance(floors, list)
    assert told == [{room.strip().removeprefix("bot.") for room in floor.split("|")} for floor in floors]


def test_every_channel_and_source_is_named_in_both_lists_of_adapters():
    rooms = {f"bot.channels.{one}" for one in channels.available()} | {f"bot.sources.{one}" for one in available()}
    lists = {one["id"]: one.get("modules") or one.get("forbidden_modules") for one in linter()}
    for name in ("adapters", "adapters-by-name"):
        assert set(lists[name]) == rooms  # type: ignore[call-overload]


def test_every_bench_can_be_started():
    told = importlib.import_module("tests.bench.__main__").__doc__ or ""
    assert re.findall(r"^(\w+) {2,}", told, re.MULTILINE)[0] == "day"


def test_no_channel_and_no_page_spells_a_verb():
    nouns = {
        Verb.EMAIL,
        Verb.LANGUAGE,
        Verb.LIMIT,
        Verb.LIST,
        Verb.NOTICES,
        Verb.STATUS,
        Verb.TIME,
        Verb.WHY,
    }  # names of fields
    names = {verb.value for verb in set(Verb) - nouns} | {
        name for verb in Verb for name in verb.names if has_han(name)
    }
    found = {}
    for path in sorted([*(BOT / "channels").rglob("*.py"), *(BOT / "web").rglob("*.py")]):
        tree = ast.parse(path.read_text("utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
        spelt = {one.strip() for one in texts if isinstance(one, str) and one.strip().partition(" ")[0] in names}
        if spelt:
            found[str(path.relative_to(ROOT))] = spelt
    assert found == {}


def test_words_that_were_given_up_do_not_come_back():
    found = {
        str(path.relative_to(ROOT)): words
        for path in sorted(BOT.rglob("*"))
        if path.suffix in {".py", ".jinja", ".toml"}
        and "versions" not in path.parts  # migrations say what was
        and path.name != "symbols.py"  # has the names that TeX gives
        and (words := _OLD_WORDS.findall(path.read_text("utf-8")))
    }
    assert found == {}


def test_a_class_has_a_name_of_its_own():
    defined = Counter(
        node.name
        for path in BOT.rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert len([name for name, count in defined.items() if count > 1]) <= 5


def test_a_file_can_be_read_at_one_sitting():
    long = {str(path): lines for path in BOT.rglob("*.py") if (lines := path.read_text("utf-8").count("\n")) > 400}
    assert long == {}
