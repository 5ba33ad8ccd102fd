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


SENTENCES_OF_THEN = (
    "No announcement is stored yet",
    "It begins with what is read from now on",
    "if there is something to send",
    "This place has",
    "of what it looks at",
    "No stored paper has",
    "Is it written right",
    "Everything occurs",
    "Not read so far",
    "has them read from now on",
    "Nothing waits for the next digest",
    "Send again; what has waited",
    "Send nothing for a while",
    "Keep papers away from here",
    "Link your mailbox, which has to confirm",
    "is paused: what it matches waits",
    "{dates} is not there yet",
    "It is tried again",
    "When it is mended",
    "You take no direct messages from me",
    "This was asked for, for",
    "Yes, do it",
    "Is this what you want",
    "This link is not good any more",
    "You get this because of",
    "are taken by nobody",
    "lease ",
    "!",
)
"""What first readers stumbled over; a stranger reads what stands there now."""

WORDS_OF_THEN = {
    "公布": "更新",
    "管理者": "管理员",
    "因为：": "匹配原因：",
    "阅读习惯": "推送设置",
    "写法是否正确": "请检查拼写",
    "在等": "待推送",
    "无从比较": "暂时无法估算",
    "看不懂": "无法识别",
    "已补读": "已补齐",
    "占检索范围": "大约每天",
    "留着": "保留",
    "提出此事": "发起关联的用户",
    "是，确认": "确认",
    "评论": "备注",
    "词条": "词语",
    "周报": "速递",
    "请求语句": "查询",
    "提醒频道": "频道",
    "Comments": "备注",
    "QUERY": "查询",
    "TERM": "词语",
}
"""Chinese words that are not ours, and the one word for each thing."""


def test_no_sentence_that_first_readers_stumbled_over_is_left():
    wordings = [(key, form) for key, one in sentences("en").items() for form in forms(one)]
    assert [(key, old) for key, form in wordings for old in SENTENCES_OF_THEN if old in form] == []


def test_chinese_has_one_word_for_one_thing():
    wordings = [(key, form) for key, one in sentences("zh").items() for form in forms(one)]
    wordings = [(key, form) for key, form in wordings if key != "reply.usage_names"]
    assert [(key, old) for key, form in wordings for old in WORDS_OF_THEN if old in form] == []


def test_between_chinese_and_latin_or_digits_there_is_one_space():
    glued = re.compile(
        r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]|[\u4e00-\u9fff]  |  [\u4e00-\u9fff]"
    )
    wordings = [(key, form) for key, one in sentences("zh").items() for form in forms(one)]
    assert [(key, form) for key, form in wordings if glued.search(form)] == []


def test_numbers_are_set_off_by_spaces_in_chinese_sentences():
    """A placeholder of a number or a Latin word; dates and Chinese names carry their own characters."""
    numeric = (
        "n|all|shown|papers|limit|count|number|pages|page|read|claimed|minutes|calls|tokens|cost|paper|query|usage"
    )
    glued = re.compile(rf"[\u4e00-\u9fff]\{{(?:{numeric})\}}|\{{(?:{numeric})\}}[\u4e00-\u9fff]")
    wordings = [(key, form) for key, one in sentences("zh").items() for form in forms(one)]
    words = {"web.will_get", "room.search_found"}  # whose papers are described in Chinese
    assert [(key, form) for key, form in wordings if glued.search(form) and key not in words] == []


def test_english_numbers_have_a_plural():
    """`{n} papers` is said of one paper, too, unless there is a form for it."""
    never_one = {"reply.sentence", "room.digest_said"}  # more than one, or they are not said
    counted = re.compile(r"\{n\} (?!more|of|characters|minutes|days|in)[a-z]+s\b")
    plain = [(key, one) for key, one in sentences("en").items() if isinstance(one, str) and key not in never_one]
    assert [(key, one) for key, one in plain if counted.search(one)] == []


def test_no_sentence_has_two_spaces_or_one_before_a_stop():
    for language in LANGUAGES:
        wordings = [(key, form) for key, one in sentences(language).items() for form in forms(one)]
        assert [(key, form) for key, form in wordings if re.search(r"[^\n]  | [,.;]", form)] == []
