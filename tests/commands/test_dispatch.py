"""From a text to a handler, or to one polite sentence: verbs, languages, permissions, and anything at all."""

from __future__ import annotations

import random
from datetime import timedelta

import opencc
import pytest

from bot.channels import Reply
from bot.commands import SPECS, Commands, Defaults, understood
from bot.errors import UserError
from bot.model import Language, Slot
from bot.text.normal import has_han
from tests.commands.conftest import Conversation

CHANGES = [spec for spec in SPECS if spec.needs_manage]


async def test_nothing_asks_for_help(talk: Conversation):
    for typed in ("", "  ", "/papers", "/papers  ", "/", "help", "HELP", "/help", "?", "help?", "帮助", "\u200b"):
        assert (await talk.says(typed)).startswith("Start\n• subscribe")


@pytest.mark.parametrize(
    "typed",
    [
        "subscribe cs.LG diffusion",
        "/papers subscribe cs.LG diffusion",
        "/PAPERS Subscribe  cs.LG\tdiffusion\n",
        "/subscribe cs.LG diffusion",
        "subscribe: cs.LG diffusion",
        "\u2060ｓｕｂｓｃｒｉｂｅ　cs.LG　diffusion",
        "add cs.LG diffusion",
        "订阅 cs.LG diffusion",
        "订阅cs.LG diffusion",
        "／papers 订阅：cs.LG diffusion",
    ],
)
async def test_a_verb_is_understood_as_people_type_it(talk: Conversation, typed: str):
    await talk.says(typed)
    assert await talk.queries() == ["cs.LG diffusion"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [(alias, spec.name) for spec in SPECS for alias in spec.aliases if has_han(alias)],
)
@pytest.mark.parametrize("table", ["s2t", "s2tw", "s2hk"])
def test_every_chinese_verb_is_understood_in_traditional_characters(typed: str, name: str, table: str):
    assert understood(f"{opencc.OpenCC(table).convert(typed)} 1")[0].name == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("儲存 2606.90001", "save"),
        ("取消儲存 2606.90001", "unsave"),
        ("靜音 survey", "mute"),
        ("取消靜音 survey", "unmute"),
        ("新增 cs.LG", "subscribe"),
        ("追蹤 Ada Roe", "follow"),
        ("檢視 2606.90001", "show"),
        ("範例", "sample"),
        ("語系 zh-hant", "language"),
        ("我的訂閱", "list"),
        ("訂閱清單", "list"),
        ("停止訂閱", "unsubscribe"),
        ("恢復推送", "resume"),
    ],
)
def test_what_taiwan_says_for_a_verb_is_understood(typed: str, name: str):
    assert understood(typed)[0].name == name


@pytest.mark.parametrize(
    "typed",
    ["訂閱 cs.LG diffusion", "訂閱cs.LG diffusion", "添加：cs.LG diffusion", "/papers 訂閱 cs.LG diffusion"],
)
async def test_a_subscription_in_traditional_characters_is_answered_in_them(talk: Conversation, typed: str):
    reply = await talk.reply(typed)
    assert await talk.queries() == ["cs.LG diffusion"]
    assert reply.text == opencc.OpenCC("s2tw").convert(reply.text)


@pytest.mark.parametrize("query", ["時間序列", "語言模型", "幫助函數", "恢復力"])
def test_a_traditional_query_is_not_taken_for_a_command(query: str):
    with pytest.raises(UserError, match="only_a_query"):
        understood(query)


@pytest.mark.parametrize("query", ["时间序列", "语言模型", "状态空间模型", "今天的论文"])
async def test_a_chinese_query_is_not_taken_for_a_command(talk: Conversation, query: str):
    assert f"subscribe {query}\n" in await talk.says(query)
    await talk.says(f"订阅{query}")
    assert await talk.queries() == [query]


async def test_a_longer_chinese_verb_wins(talk: Conversation):
    await talk.says("订阅cs.LG")
    assert (await talk.says("订阅列表")).startswith("1 subscription here")
    await talk.says("取消订阅1")
    assert await talk.queries() == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("subscrib cs.LG", "I don't know the command “subscrib”. Did you mean subscribe? Type: subscribe QUERY"),
        ("/papers unsubcribe 2", "I don't know the command “unsubcribe”. Did you mean unsubscribe?"),
        ("previw x", "I don't know the command “previw”. Did you mean preview? Type: preview QUERY"),
        ("!?", "I don't know the command “!?”. All commands: help"),
        ("cs.LG “kv cache”", 'That is a query without a command. To get these papers: subscribe cs.LG "kv cache"'),
        ("title:diffusion", "That is a query without a command. To get these papers: subscribe title:diffusion"),
        ("kv cache", "That is a query without a command. To get these papers: subscribe kv cache"),
        ("cs.LG titel:x", "I don't know the command “cs.LG”. All commands: help"),
    ],
)
async def test_what_begins_with_no_verb_gets_a_suggestion(talk: Conversation, typed: str, answer: str):
    reply = await talk.reply(typed)
    assert reply.text.startswith(answer)
    assert not reply.is_public
    assert await talk.queries() == []


@pytest.mark.parametrize("spec", CHANGES, ids=lambda spec: spec.name)
async def test_who_may_not_manage_a_place_changes_nothing_there(talk: Conversation, spec):
    await talk.says("subscribe cs.LG")
    before = await talk.says("list")
    reply = await talk.reply(spec.example, may_manage=False, sender="mallory")
    assert reply.text.startswith(f"Only people who manage this channel can use {spec.name} here.")
    assert not reply.is_public
    assert await talk.says("list", may_manage=False) == before


async def test_everybody_may_look(talk: Conversation):
    await talk.says("subscribe cs.LG")
    for spec in SPECS:
        if spec not in CHANGES:
            assert "Only people who manage" not in await talk.says(spec.example, may_manage=False)


@pytest.mark.parametrize(
    ("person", "destination", "typed", "spoken"),
    [
        (Language.EN, "zh", "列表", Language.EN),
        (Language.ZH, "en", "list", Language.ZH),
        (None, "zh", "list", Language.ZH),
        (None, "en", "列表", Language.EN),
        (Language.BOTH, "zh", "list", Language.ZH),
        (None, "both", "列表", Language.ZH),
        (None, "both", "list", Language.EN),
        (Language.BOTH, "both", "list", Language.EN),
    ],
)
async def test_the_language_is_the_persons_then_the_places_then_that_of_the_text(
    talk: Conversation, person: Language | None, destination: str, typed: str, spoken: Language
):
    await talk.says("subscribe cs.LG")
    await talk.says(f"language {destination}")
    reply = await talk.reply(typed, language=person)
    assert reply.language is spoken
    assert reply.text.startswith("1 subscription here" if spoken is Language.EN else "这里有")


async def test_what_was_typed_is_said_back_short_and_harmless(talk: Conversation):
    text = await talk.says("pause \u202eevil\x1b[2J\ud800" + "x" * 5_000)
    assert len(text) < 250
    text.encode()
    assert not {"\u202e", "\x1b"} & set(text)


async def test_the_defaults_and_the_clock_are_arguments(empty: Conversation):
    now = empty.now + timedelta(days=9)
    empty.commands = Commands(empty.store, Defaults(Language.EN, Slot("UTC", 0)), lambda: now)
    assert "Mon 22 June 2026, 00:00 (UTC)" in await empty.says("subscribe cs.LG")


PIECES = [
    *(name for spec in SPECS for name in spec.name.names),
    *(
        "1",
        "2",
        "#3",
        "all",
        "cs.LG",
        "cs.*",
        "cs.XX",
        '"kv cache"',
        "“kv",
        "(",
        ")",
        "-",
        ",",
        "OR",
        "NOT",
        "ti:",
        "a*",
    ),
    *(
        "2606.90001",
        "2606.80003v7",
        "hep-th/9901001",
        "09:00",
        "25:61",
        "9am",
        "berlin",
        "UTC+99",
        "daily",
        "both",
    ),
    *(
        "论文",
        "，",
        "：",
        "　",
        "\u200b",
        "\x00",
        "\ud83d",
        "😀",
        "<!channel>",
        "{n}",
        "%s",
        "\\",
        "٣",
        "²",
        "ﷺ",
        "'; --",
    ),
    *("/papers", "/", "?", "...", "9" * 30, "x" * 600),
]


async def test_any_text_at_all_gets_a_reply(talk: Conversation):
    chance = random.Random(2606)
    for _ in range(2_000):
        if chance.random() < 0.2:
            typed = "".join(chr(chance.randrange(1, 0x11000)) for _ in range(chance.randrange(12)))
        else:
            typed = chance.choice(["", " ", " "]).join(chance.choices(PIECES, k=chance.randrange(1, 6)))
        reply = await talk.reply(
            typed,
            destination=chance.choice(["#ml", "#physics"]),
            language=chance.choice([None, *Language]),
            may_manage=chance.random() < 0.8,
        )
        assert isinstance(reply, Reply)
        assert reply.text.strip(), typed
        reply.text.encode()


async def test_a_place_of_traditional_characters_is_answered_in_them(talk: Conversation):
    await talk.reply("language zh-hant")
    reply = await talk.reply("列表", language=None)
    assert reply.language is Language.ZH_HANT
    assert "訂閱" in reply.text
    assert "订阅" not in reply.text


async def test_a_chinese_reader_is_shown_how_a_misspelt_command_is_typed_in_chinese(talk: Conversation):
    said = await talk.says("subscibe cs.LG", language=Language.ZH)
    assert said == "没有“subscibe”这个命令。是否指 subscribe？用法：订阅 查询"
    said = await talk.says("pause", language=Language.ZH, may_manage=False)
    assert said.startswith("只有管理员才能在这里使用“暂停”。")


@pytest.mark.parametrize("yes", ["确认", "確認", "yes"])
async def test_everything_ends_once_it_is_confirmed_in_the_words_that_were_asked_for(talk: Conversation, yes: str):
    await talk.says("subscribe cs.LG")
    asked = await talk.says("退订 全部", language=Language.ZH)
    assert asked.endswith("确认请输入：退订 全部 确认")
    await talk.says(f"退订 全部 {yes}", language=Language.ZH)
    assert await talk.queries() == []
