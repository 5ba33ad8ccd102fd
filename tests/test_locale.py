"""The two files of sentences say the same, and everything that the code says is in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import bot
from bot.commands import SPECS
from bot.locale import LANGUAGES, Sentence, say, sentences, spoken
from bot.model import AnnounceType, Days, Language, Notices

KEYS = sorted(sentences("en"))
TABLES = {key.partition(".")[0] for key in KEYS}
SAID_DIFFERENTLY = {
    "card.authors",
    "email.subject",
    "moment.title_day",
}  # English counts what is left out, Chinese counts all; and only English titles have weekdays
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”][,;:!?()]|[,;:!?()][\u4e00-\u9fff“]")


def forms(sentence: Sentence) -> list[str]:
    """All wordings of a sentence."""
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


def placeholders(sentence: Sentence) -> set[str]:
    """The values that a sentence is filled with, over all its wordings."""
    return {name for form in forms(sentence) for _, name, _, _ in Formatter().parse(form) if name is not None}


def keys_in_code() -> Iterator[tuple[str, str]]:
    """Every text in the code that is a key of the locale, and where it stands."""
    key = re.compile(rf"(?:{'|'.join(TABLES)})\.[a-z_-]+")
    for path in Path(bot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and key.fullmatch(node.value):
                yield node.value, f"{path.name}:{node.lineno}"


def keys_that_are_said() -> Iterator[tuple[str, str]]:
    """The first argument of everything that speaks, whether it looks like a key or not."""
    speaks = {"say", "UserError", "QueryError"}
    for path in Path(bot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in speaks:
                    yield str(node.args[0].value), f"{path.name}:{node.lineno}"


def exists(key: str) -> bool:
    """Whether a key is in the locale; one that ends with _ is the beginning of several."""
    return key in KEYS or (key.endswith("_") and any(one.startswith(key) for one in KEYS))


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("en-GB", "en"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh_SG", "zh"),
        ("zh-TW", "zh-hant"),
        ("ZH_hk", "zh-hant"),
        ("zh-Hant", "zh-hant"),
        ("zh-Hant-MO", "zh-hant"),
        ("zh-Hans-HK", "zh"),
        ("zha", None),
        ("fr-FR", None),
        ("", None),
    ],
)
def test_a_clients_language_is_one_of_ours_or_none(tag, locale):
    assert spoken(tag) == locale


def test_both_languages_have_the_same_keys():
    assert sentences("en").keys() == sentences("zh").keys()


def test_both_languages_are_filled_with_the_same_values():
    english, chinese = ({key: placeholders(sentences(one)[key]) for key in KEYS} for one in LANGUAGES)
    assert {key for key in KEYS if english[key] != chinese[key]} <= SAID_DIFFERENTLY


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_that_counts_has_a_form_for_many(language: str):
    counting = [one for one in sentences(language).values() if not isinstance(one, str)]
    assert all({"other"} <= one.keys() <= {"zero", "one", "other"} for one in counting)


def test_chinese_has_full_width_punctuation():
    wordings = [form for sentence in sentences("zh").values() for form in forms(sentence)]
    assert [form for form in wordings if HALF_WIDTH.search(form)] == []


def test_english_has_no_chinese_punctuation():
    wordings = [form for sentence in sentences("en").values() for form in forms(sentence)]
    assert [form for form in wordings if re.search(r"[，。；：？！（）、]", form)] == []


def test_every_key_that_the_code_names_exists():
    named = {*keys_in_code(), *keys_that_are_said()}
    assert {(key, where) for key, where in named if not exists(key)} == set()


def test_keys_that_the_code_puts_together_exist():
    assert {key for key in KEYS if key.startswith("command.")} == {f"command.{spec.name}" for spec in SPECS}
    for language in LANGUAGES:
        assert all(say(f"moment.{days}", language) for days in (Days.WEEKDAYS, Days.DAILY, Days.WEEKLY))
        assert all(say(f"reply.language_{one.value}", language) for one in Language)
        assert all(say(f"{key}.notices_{one.value}", language) for key in ("reply", "slack") for one in Notices)
        assert all(say(f"reply.type_{kind.value}", language) for kind in AnnounceType)
        for state in ("ready", "sending", "sent", "dead"):
            assert say(f"reply.delivery_{state}", language, when="x", papers="y")


def test_weekdays_and_months_are_complete():
    for language in LANGUAGES:
        assert len(say("moment.weekdays", language).split()) == 7
        assert len(say("moment.months", language).split()) == 12


def test_a_sentence_that_counts_is_chosen_by_n():
    assert say("reply.papers", "en", n=1) == "1 paper"
    assert say("reply.papers", "en", n=0) == "0 papers"
    assert say("reply.papers", "zh", n=1) == "1 篇"


def test_a_key_or_a_value_that_is_missing_is_a_bug():
    with pytest.raises(KeyError):
        say("reply.papers_", "en", n=1)
    with pytest.raises(KeyError):
        say("error.not_allowed", "en")
