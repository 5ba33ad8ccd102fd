"""language, time, days, pause, resume."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands import Commands
from bot.model import Days, Destination, Language, Notices, Slot
from bot.presentation.cards import cards_lines
from tests.commands.conftest import DEFAULTS, LISTINGS, Conversation


async def asked_from(talk: Conversation) -> Destination:
    async with talk.store.read() as tx:
        destination = await tx.subscribers.destination("console", "#ml")
    assert destination is not None
    return destination


@pytest.mark.parametrize(
    ("typed", "language", "answer"),
    [
        ("language zh", Language.ZH, "Papers now come in: Chinese."),
        ("language English", Language.EN, "Papers now come in: English."),
        ("language zh-hant", Language.ZH_HANT, "Papers now come in: Chinese (traditional)."),
        (
            "language both zh-hant",
            Language.BOTH_HANT,
            "Papers now come in: English and Chinese (traditional).",
        ),
        ("语言 双语", Language.BOTH, "Papers now come in: English and Chinese."),
        ("語言 簡體中文", Language.ZH, "Papers now come in: Chinese."),
    ],
)
async def test_the_language_of_a_place_is_changed(talk: Conversation, typed: str, language: Language, answer: str):
    reply = await talk.reply(typed)
    assert (reply.text, reply.is_public) == (answer, True)
    assert (await asked_from(talk)).language is language


@pytest.mark.parametrize(
    ("typed", "notices", "answer"),
    [
        ("notices always", Notices.ALWAYS, "When there are no papers, I always say why."),
        ("notices Off", Notices.OFF, "When there are no papers, I send nothing."),
        (
            "通知 故障",
            Notices.FAULTS,
            "When there are no papers, I send nothing unless something could not be read.",
        ),
    ],
)
async def test_when_a_place_hears_why_nothing_came_is_changed(
    talk: Conversation, typed: str, notices: Notices, answer: str
):
    reply = await talk.reply(typed)
    assert (reply.text, reply.is_public) == (answer, True)
    assert (await asked_from(talk)).notices is notices


@pytest.mark.parametrize(
    ("typed", "minute", "zone"),
    [
        ("time 09:00 Europe/Berlin", 540, "Europe/Berlin"),
        ("time 9:00", 540, "Asia/Shanghai"),
        ("time 9am berlin", 540, "Europe/Berlin"),
        ("time 9:30 PM new york", 1290, "America/New_York"),
        ("time 21:30 america/new_york", 1290, "America/New_York"),
        ("time 12am utc", 0, "UTC"),
        ("time 0830 in Zurich", 510, "Europe/Zurich"),
        ("time 7", 420, "Asia/Shanghai"),
        ("time Berlin", 540, "Europe/Berlin"),
        ("time 8:15 (Pacific)", 495, "America/Los_Angeles"),
        ("TIME ９：００ Beijing", 540, "Asia/Shanghai"),
        ("时间 下午 3 点半 北京", 930, "Asia/Shanghai"),
        ("时间 9点 伦敦", 540, "Europe/London"),
        ("时间9点15分", 555, "Asia/Shanghai"),
        ("time 9:00 UTC+8", 540, "Etc/GMT-8"),
        ("time 9:00 gmt-5", 540, "Etc/GMT+5"),
        ("time noon", 720, "Asia/Shanghai"),
        ("time 9:00 UTC+5:30", 540, "Asia/Kolkata"),
        ("time Europe/Berlin 9:00", 540, "Europe/Berlin"),
        ("時間 北京時間晚上8點半", 1230, "Asia/Shanghai"),
        ("time UTC+8 7:15", 435, "Etc/GMT-8"),
    ],
)
async def test_a_time_is_read_as_people_type_it(talk: Conversation, typed: str, minute: int, zone: str):
    assert (await talk.reply(typed)).is_public
    assert await talk.slot() == Slot(zone, minute)


async def test_a_new_time_is_confirmed_by_the_clock_of_the_place(talk: Conversation):
    assert await talk.says("time 08:30 berlin") == (
        "Papers in English and Chinese, at 08:30, Monday to Friday (Europe/Berlin).\n"
        "When there are no papers, I send nothing unless something could not be read.\n"
        "Next digest (if anything matches): Wed 10 June 2026, 08:30 (Europe/Berlin)."
    )
    assert "09:00, Monday to Friday (UTC+8)" in await talk.says("time 9:00 UTC+8")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("language", "Type one of: language en"),
        ("language fr", "Type one of: language en"),
        ("time", "I can't read that as a time"),
        ("time 25:00", "I can't read that as a time"),
        ("time 9:75", "I can't read that as a time"),
        ("time 13pm", "I can't read that as a time"),
        ("time 9:5", "I can't read that as a time"),
        ("time 9:00 Berlim", "I don't know the time zone “Berlim”. Try: Europe/Berlin"),
        ("time 9:00 Atlantis", "I don't know the time zone “Atlantis”. Try: "),
        ("time 9:00 UTC+20", "I don't know the time zone “UTC+20”. Try: "),
        ("time 上午12点", "I can't read that as a time"),
        ("time 9:00 IST", "“IST” stands for several time zones. Type the one you mean: Asia/Kolkata,"),
        ("time UTC+10:30", "I don't know the time zone “UTC+10:30”. Try: Australia/Lord_Howe"),
        ("days", "Type the days, for example: days mon-fri"),
        ("days sometimes", "Type the days, for example: days mon-fri"),
        ("days fri-", "Type the days, for example: days mon-fri"),
        ("days tuesday noon", "Type the days, for example: days mon-fri"),
        ("days weekly weekly", "Type the days, for example: days mon-fri"),
        ("pause soon", "“soon” is not the number of a subscription."),
        ("resume later", "“later” is not the number of a subscription."),
        ("pause 4", "No subscription #4 here. Numbers are: 1"),
    ],
)
async def test_wrong_habits_are_explained_and_change_nothing(talk: Conversation, typed: str, answer: str):
    await talk.says("subscribe cs.LG")
    before = await talk.slot()
    reply = await talk.reply(typed)
    assert reply.text.startswith(answer)
    assert not reply.is_public
    assert await talk.slot() == before


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("days mon-fri", Days.WEEKDAYS),
        ("days Mon – Fri", Days.WEEKDAYS),
        ("days workdays", Days.WEEKDAYS),
        ("频率 工作日", Days.WEEKDAYS),
        ("days daily", Days.DAILY),
        ("days every day", Days.DAILY),
        ("days 每天", Days.DAILY),
        ("days Weekly", Days.WEEKLY),
        ("days 每周", Days.WEEKLY),
        ("days tue,thu", Days("2,4")),
        ("days Tuesdays and Thursdays", Days("2,4")),
        ("days weekly fri", Days("5")),
        ("days every Friday", Days("5")),
        ("days mon", Days.WEEKLY),
        ("days sat to mon", Days("1,6,7")),
        ("days mon-wed, fri", Days("1,2,3,5")),
        ("days tue – thu", Days("2,3,4")),
        ("频率 周一三五", Days("1,3,5")),
        ("days 每周二、周四", Days("2,4")),
        ("days 星期二到星期四", Days("2,3,4")),
        ("days 每週日", Days("7")),
        ("days mon tue wed thu fri sat sun", Days.DAILY),
    ],
)
async def test_days_are_read_as_people_type_them(talk: Conversation, typed: str, days: Days):
    assert (await talk.reply(typed)).is_public
    assert (await talk.slot()).days == days


async def test_what_matches_during_a_pause_waits_until_it_is_resumed(empty: Conversation):
    await empty.says("subscribe cs.LG")
    reply = await empty.reply("pause")
    assert reply.is_public
    assert "until somebody types: resume" in reply.text
    assert "Already paused" in await empty.says("pause")
    await empty.announce(*LISTINGS)
    status = await empty.says("status")
    assert "Paused: somebody here typed pause." in status
    assert "2 papers queued" in status
    assert "no digest comes" in await empty.says("list")
    reply = await empty.reply("resume")
    assert reply.is_public
    assert reply.text.splitlines() == [
        "Resumed.",
        "2 papers queued for the next digest.",
        "Next digest (if anything matches): Thu 11 June 2026, 09:00 (Asia/Shanghai).",
    ]
    assert await empty.says("resume") == "Nothing is paused here."


async def test_resume_sends_again_what_was_refused(empty: Conversation):
    await empty.says("subscribe cs.LG")
    await empty.announce(*LISTINGS)
    await empty.deliver(refused="550 no such mailbox bob@example.org")
    status = await empty.says("status")
    assert "Paused: a digest was refused (550 no such mailbox …)." in status
    assert "2 papers, refused; to retry: resume" in status
    assert "bob@" not in status
    assert "2 papers that could not be delivered are being sent again." in await empty.says("resume")
    assert "2 papers, about to be sent" in await empty.says("status")


async def test_one_subscription_can_be_paused(empty: Conversation):
    await empty.says("subscribe cs.LG")
    await empty.says("subscribe hep-th")
    assert (await empty.reply("pause #2")).is_public
    assert not (await empty.reply("pause 2")).is_public
    await empty.announce(*LISTINGS)
    assert "2 papers queued" in await empty.says("status")
    assert "It's kept, because its subscription is paused." in await empty.says("why 2606.90004")
    assert await empty.says("resume") == (
        "Nothing is paused here.\nPaused #2. Matches are kept. To resume: resume 2"
    )
    assert await empty.says("resume 2") == "Resumed #2: hep-th\n3 papers queued for the next digest."


@pytest.mark.parametrize(
    ("typed", "limit", "answer"),
    [
        ("limit 5", 5, "At most 5 papers are shown whole in a digest; the others are named."),
        ("Limit 1 paper", 1, "At most 1 paper is shown whole in a digest; the others are named."),
        ("上限 3 篇", 3, "At most 3 papers are shown whole in a digest; the others are named."),
        ("limit off", 0, "At most 20 papers are shown whole in a digest; the others are named."),
        ("篇數 不限", 0, "At most 20 papers are shown whole in a digest; the others are named."),
    ],
)
async def test_a_place_chooses_how_many_papers_it_has_whole(
    talk: Conversation, typed: str, limit: int, answer: str
):
    await talk.says("limit 7")
    reply = await talk.reply(typed)
    assert (reply.text, reply.is_public) == (answer, True)
    assert (await asked_from(talk)).limit == limit


@pytest.mark.parametrize("typed", ["limit", "limit 0", "limit many", "limit 21", "limit -3", "limit 5 a day"])
async def test_a_limit_is_from_one_to_what_the_admin_allows(talk: Conversation, typed: str):
    reply = await talk.reply(typed)
    assert reply.text.startswith("Type a number from 1 to 20, for example: limit 5.")
    assert not reply.is_public


async def test_a_limit_is_said_by_list_and_status_while_there_is_one(talk: Conversation):
    await talk.says("subscribe cs.LG")
    for verb in ("list", "status"):
        assert "shown whole" not in await talk.says(verb)
    await talk.says("limit 5")
    for verb in ("list", "status"):
        assert "At most 5 papers are shown whole in a digest; the others are named." in await talk.says(verb)
    assert "每次速递最多完整显示 5 篇" in await talk.says("列表", language=Language.ZH)


@pytest.fixture
def without_makers(talk: Conversation) -> Conversation:
    """The same, where nobody makes Chinese texts."""
    talk.commands = Commands(
        talk.store, replace(DEFAULTS, makes_chinese=False), lambda: talk.now, admins=["console:boss"]
    )
    return talk


async def test_only_admins_and_whoever_asks_hear_that_nobody_makes_chinese_texts(without_makers: Conversation):
    talk = without_makers
    for typed in ("subscribe cs.LG", "list", "status", "show 2606.90002", "today", "preview cs.LG"):
        said = await talk.reply(typed)
        shown = str(cards_lines(said.cards, said.language))
        assert "OPENAI_API_KEY" not in said.text
        assert "English and Chinese" not in said.text
        assert ("No Chinese text yet" in shown) == any(card.summary for card in said.cards), typed
    assert "Papers in English, at" in await talk.says("list")
    assert "OPENAI_API_KEY" in await talk.says("status", destination="boss", sender="boss")
    assert await talk.says("language both") == (
        "Papers now come in: English and Chinese.\n"
        "Nobody makes Chinese texts here so far, so papers come in English until the admin sets that up."
    )
    assert await talk.says("language en") == "Papers now come in: English."
