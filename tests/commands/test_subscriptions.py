"""subscribe, unsubscribe, list, edit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels import Invocation
from bot.commands.subscriptions import MOST
from bot.model import Language
from tests.commands.conftest import LISTINGS, Conversation


async def test_subscribe_reads_the_query_back_and_says_what_it_would_have_matched(talk: Conversation):
    reply = await talk.reply("subscribe cs.lg “kv cache”")
    assert reply.is_public
    assert reply.text.splitlines() == [
        'Subscribed (#1): cs.LG "kv cache"',
        "That is: papers in cs.LG (Machine Learning), with the phrase “kv cache”.",
        "Wed 10 June 2026: 2 of 3 papers match.",
        "About 2 a day (67%).",
        "1 revised paper matches too, but digests leave revisions out."
        " To get them, add: type:(new, cross, replace)",
        "• Tidal: Per-Head Quantization of the KV Cache",
        "• Cold Pages",
        "Next digest (if anything matches): Thu 11 June 2026, 09:00 (Asia/Shanghai).",
        "That is by the clock of Asia/Shanghai, until you choose another: time 09:00 Asia/Tokyo",
        "You'll get papers from the next announcement on; older ones aren't sent.",
        "To get those of the last day at once, type: now 1",
    ]
    assert await talk.queries() == ['cs.LG "kv cache"']
    assert [one.command for one in reply.offers] == ["now id:1"]


async def test_subscribe_answers_in_chinese(talk: Conversation):
    text = await talk.says("订阅 cs.LG “kv cache”", language=None)
    assert text.startswith('已订阅（#1）：cs.LG "kv cache"\n意思是：cs.LG（机器学习）中')
    assert "2026 年 6 月 10 日（周三）：3 篇论文中匹配 2 篇。" in text
    assert "• Tidal：对 KV 缓存逐头量化" in text
    assert "下一次速递（如有匹配）：2026 年 6 月 11 日（周四）09:00（Asia/Shanghai）。" in text


async def test_revisions_are_not_mentioned_when_the_query_speaks_of_types(talk: Conversation):
    text = await talk.says('subscribe cs.LG "kv cache" type:(new, cross, replace)')
    assert "3 of 3" in text
    assert "revis" not in text.partition("papers match")[2].partition("Next")[0]


async def test_subscribing_twice_changes_nothing(talk: Conversation):
    await talk.says('subscribe cs.LG "kv cache"')
    again = await talk.reply("subscribe CS.LG   “KV cache”".replace("KV", "kv"))
    assert again.text.startswith('Already subscribed (#1): cs.LG "kv cache"')
    assert not again.is_public
    assert "older ones" not in again.text
    assert await talk.queries() == ['cs.LG "kv cache"']


async def test_subscribe_never_brings_what_was_announced_before(talk: Conversation):
    await talk.says("subscribe cs.LG")
    assert "No papers queued" in await talk.says("status")


async def test_subscribe_is_honest_when_nothing_is_stored(empty: Conversation):
    text = await empty.says("subscribe cs.RO, cs.LG robots")
    assert "papers match" not in text, "no estimate while a category is unread"
    assert "I read cs.LG, cs.RO from the next announcement on." in text


async def test_subscribe_is_honest_about_categories_that_were_never_read(talk: Conversation):
    assert "I read cs.RO from the next announcement on." in await talk.says("subscribe cs.RO")
    assert "I read hep-th" not in await talk.says("subscribe hep-th axions")
    assert "and 33 more" in await talk.says("subscribe cs.*")


async def test_a_new_place_has_the_default_habits_and_its_maker_as_owner(talk: Conversation):
    await talk.says("subscribe cs.LG", sender="bob")
    async with talk.store.read() as tx:
        destination = await tx.subscribers.destination("console", "#ml")
    assert destination is not None
    assert (destination.owner, destination.language, destination.slot.zone) == (
        "bob",
        Language.BOTH,
        "Asia/Shanghai",
    )


async def test_a_place_has_a_limit_and_the_reply_says_what_to_do(talk: Conversation):
    await talk.says("subscribe w0")
    async with talk.store.write() as tx:
        destination = await tx.subscribers.destination("console", "#ml")
        assert destination is not None
        for number in range(1, MOST):
            await tx.subscribers.subscribe(destination.id, f"w{number}", talk.now)
    assert "The limit of 50 subscriptions is reached" in await talk.says("subscribe one more")
    assert (await talk.says("subscribe w7")).startswith("Already subscribed (#8)")
    assert len(await talk.queries()) == MOST


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("subscribe", "Type: subscribe QUERY."),
        ("subscribe cs.XX", "arXiv has no category “cs.XX”. Try:"),
        ('subscribe cs.LG "kv cache', "A quotation mark is opened before “kv cache” and not closed."),
        ("subscribe -survey", "This would match nearly every paper"),
        ("subscribe " + "x" * 600, "The query has 600 characters"),
    ],
)
async def test_a_query_that_cannot_be_read_is_explained(talk: Conversation, typed: str, answer: str):
    reply = await talk.reply(typed)
    assert reply.text.startswith(answer)
    assert not reply.is_public
    assert await talk.queries() == []


async def test_the_place_of_a_fault_is_shown(talk: Conversation):
    assert "\nIt's here: cs.LG ▶titel:diffusion" in await talk.says("subscribe cs.LG titel:diffusion")
    assert "\n位置：cs.LG ▶titel:x" in await talk.says("subscribe cs.LG titel:x", language=Language.ZH)


async def test_unsubscribe_by_number_by_query_and_all(talk: Conversation):
    for query in ("cs.LG", "cs.CL", "hep-th", "cs.RO"):
        await talk.says(f"subscribe {query}")
    reply = await talk.reply("unsubscribe 2")
    assert reply.is_public
    assert reply.text == "Unsubscribed from #2: cs.CL\n3 subscriptions left."
    assert (await talk.says("unsubscribe HEP-TH")).startswith("Unsubscribed from #3: hep-th")
    assert await talk.queries() == ["cs.LG", "cs.RO"]
    ended = "Unsubscribed from all 2 subscriptions. No subscriptions left here."
    assert await talk.says("unsubscribe all yes") == ended
    assert await talk.queries() == []


@pytest.mark.parametrize("typed", ["unsubscribe 9", "del diffusion", 'cancel "open', "退订 titel:x"])
async def test_unsubscribe_from_what_is_not_there_lists_what_there_is(talk: Conversation, typed: str):
    await talk.says("subscribe cs.LG")
    reply = await talk.reply(typed)
    assert "1. cs.LG" in reply.text
    assert not reply.is_public
    assert await talk.queries() == ["cs.LG"]


async def test_unsubscribe_without_a_number_asks_which(talk: Conversation):
    await talk.says("subscribe cs.LG")
    assert "1. cs.LG" in await talk.says("unsubscribe")
    assert await talk.queries() == ["cs.LG"]


async def test_arxivs_own_mail_verbs_work(talk: Conversation):
    await talk.says("add hep-th")
    assert await talk.queries() == ["hep-th"]
    await talk.says("del hep-th")
    assert await talk.queries() == []


async def test_list_shows_queries_and_habits(talk: Conversation):
    await talk.says('subscribe cs.LG "kv cache"')
    await talk.says("subscribe hep-th")
    await talk.says("pause 2")
    reply = await talk.reply("LIST")
    assert not reply.is_public
    assert reply.text.splitlines() == [
        "2 subscriptions here:",
        '1. cs.LG "kv cache"',
        "2. hep-th (paused)",
        "Papers in English and Chinese, at 09:00, Monday to Friday (Asia/Shanghai).",
        "When there are no papers, I send nothing unless something could not be read.",
        "Next digest (if anything matches): Thu 11 June 2026, 09:00 (Asia/Shanghai).",
        "To change one: edit 1 QUERY. To end one: unsubscribe 1",
    ]


@pytest.mark.parametrize("typed", ["list", "unsubscribe 1", "edit 1 cs.LG", "pause", "pause 1", "resume", "today"])
async def test_a_place_without_subscriptions_is_told_how_to_begin(talk: Conversation, typed: str):
    assert "No subscriptions here yet. To begin: subscribe" in await talk.says(typed)
    await talk.says("language en")  # now the destination exists, but still asks for nothing
    if typed not in ("pause", "resume"):
        assert "No subscriptions here yet. To begin: subscribe" in await talk.says(typed)


async def test_one_place_never_sees_anothers_subscriptions(talk: Conversation):
    await talk.says("subscribe author:secret", destination="#hush", sender="bob")
    await talk.says("subscribe cs.LG")
    for typed in (
        "list",
        "status",
        "why 2606.90001",
        "unsubscribe author:secret",
        "unsubscribe 2",
        "today",
        "edit 2 x",
    ):
        assert "secret" not in (await talk.says(typed)).replace("“author:secret”", "")
    await talk.says("unsubscribe all yes")
    assert await talk.queries("#hush") == ["author:secret"]


async def test_edit_keeps_the_number_and_drops_what_waited(empty: Conversation):
    await empty.says("subscribe cs.CL")
    await empty.says('subscribe cs.LG "kv cache"')
    await empty.announce(*LISTINGS)
    assert "2 papers queued" in await empty.says("status")
    reply = await empty.reply("edit 2 hep-th axion*")
    assert reply.is_public
    assert reply.text.startswith("#2 is now: hep-th axion*\nThat is: papers in hep-th")
    assert await empty.queries() == ["cs.CL", "hep-th axion*"]
    assert "1 paper queued" in await empty.says("status")


async def test_editing_to_the_same_query_changes_nothing(empty: Conversation):
    await empty.says("subscribe cs.LG")
    await empty.announce(*LISTINGS)
    reply = await empty.reply("edit 1 cs.LG")
    assert reply.text.startswith("Already subscribed (#1)")
    assert not reply.is_public
    assert "2 papers queued" in await empty.says("status")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("edit", "Type the number of a subscription and its new query"),
        ("edit cs.LG", "Type the number of a subscription and its new query"),
        ("edit 7 cs.LG", "No subscription #7 here. Numbers are: 1, 2"),
        ("edit 1", "Type the number of a subscription and its new query"),
        ("edit 1 cs.XX", "arXiv has no category"),
        ("edit 1 hep-th", "#2 already has that query: hep-th"),
    ],
)
async def test_a_wrong_edit_is_explained(talk: Conversation, typed: str, answer: str):
    await talk.says("subscribe cs.LG")
    await talk.says("subscribe hep-th")
    assert (await talk.says(typed)).startswith(answer)
    assert await talk.queries() == ["cs.LG", "hep-th"]


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("pause", "Paused #2"),
        ("resume", "Resumed #2"),
        ("edit", "Type the number"),
        ("unsubscribe", "Unsubscribed"),
    ],
)
async def test_a_button_acts_on_the_subscription_that_it_was_made_for(talk: Conversation, verb: str, answer: str):
    await talk.says("subscribe a")
    await talk.says("subscribe b")
    called = await _references(talk, "#ml")
    assert answer in await talk.says(f"{verb} {called['b']}")
    assert await talk.queries() == (["a"] if verb == "unsubscribe" else ["a", "b"])
    assert "#1 is now: c" in await talk.says(f"edit {called['a']} c")


@pytest.mark.parametrize("command", ["pause {}", "resume {}", "edit {}", "edit {} cs.CV", "unsubscribe {}"])
async def test_a_button_of_what_is_gone_or_of_another_place_says_so(talk: Conversation, command: str):
    await talk.says("subscribe a")
    await talk.says("subscribe b")
    await talk.says("subscribe theirs", destination="#theirs")
    called = await _references(talk, "#ml") | await _references(talk, "#theirs")
    await talk.says("unsubscribe b")
    await talk.says("subscribe c")
    for query in ("b", "theirs"):
        reply = await talk.reply(command.format(called[query]))
        assert reply.text.startswith("This button's subscription is gone; nothing was changed.")
        assert not reply.is_public
    assert await talk.queries() == ["a", "c"]
    assert await talk.queries("#theirs") == ["theirs"]
    assert "已不存在" in await talk.says(command.format(called["b"]), language=Language.ZH)


async def test_a_number_that_somebody_has_from_yesterday_is_never_that_of_a_later_subscription(talk: Conversation):
    await talk.says("subscribe a")
    await talk.says("subscribe b")
    await talk.says("unsubscribe 2")
    assert (await talk.says("subscribe c")).startswith("Subscribed (#3): c")
    assert "No subscription #2 here" in await talk.says("pause 2")
    await talk.says("unsubscribe all yes")
    assert (await talk.says("subscribe a")).startswith("Subscribed (#4): a")


async def _references(talk: Conversation, address: str) -> dict[str, str]:
    async with talk.store.read() as tx:
        destination = await tx.subscribers.destination("console", address)
        assert destination is not None
        return {one.query: one.reference for one in await tx.subscribers.subscriptions(destination.id)}


async def test_a_first_subscription_goes_by_the_clock_of_whoever_makes_it_where_that_is_known(empty: Conversation):
    invocation = Invocation("console", "alice", "#la", "subscribe cs.LG", Language.EN, zone="America/Los_Angeles")
    first = await empty.commands(invocation)
    assert "09:00 (America/Los_Angeles)." in first.text
    assert "America/Los_Angeles is your time zone here. For another: time 09:00 Asia/Shanghai" in first.text
    assert first.zones == ()
    second = await empty.commands(replace(invocation, text="subscribe cs.CL", zone="Europe/Berlin"))
    assert "09:00 (America/Los_Angeles)." in second.text
    assert "your time zone" not in second.text
    edited = await empty.commands(replace(invocation, text="edit 1 cs.AI"))
    assert "your time zone" not in edited.text


async def test_where_no_zone_is_known_it_is_asked_once_and_that_of_the_admin_holds_until_then(empty: Conversation):
    first = await empty.reply("subscribe cs.LG")
    assert "That is by the clock of Asia/Shanghai, until you choose another: time 09:00" in first.text
    assert "Europe/Berlin" in first.zones
    second = await empty.reply("subscribe cs.CL")
    assert (second.zones, "by the clock of" in second.text) == ((), False)
    other = replace(Invocation("console", "bob", "#x", "time Europe/Berlin"), language=Language.EN)
    await empty.commands(other)
    chosen = await empty.commands(replace(other, text="subscribe cs.LG"))
    assert (chosen.zones, "by the clock of" in chosen.text) == ((), False)


async def test_a_zone_that_there_is_not_is_not_taken(empty: Conversation):
    said = await empty.commands(Invocation("console", "a", "#x", "subscribe cs.LG", Language.EN, zone="Mars/Base"))
    assert "by the clock of Asia/Shanghai" in said.text


async def test_all_subscriptions_of_a_channel_end_only_when_that_is_confirmed(talk: Conversation):
    await talk.says("subscribe cs.LG")
    await talk.says("subscribe hep-th")
    for typed in ("unsubscribe all", "退订 全部"):
        asked = await talk.reply(typed)
        assert asked.text == (
            "That ends all 2 subscriptions of everybody here. To confirm, type: unsubscribe all yes"
        )
        assert not asked.is_public
        assert len(await talk.queries()) == 2
    (button,) = asked.offers
    assert button.label == "End all 2 for everybody"
    assert (await talk.reply(button.command)).text.startswith("Unsubscribed from all 2 subscriptions.")
    assert await talk.queries() == []
    await talk.says("subscribe cs.LG")
    assert (await talk.reply("退订 全部 确认")).is_public
    assert await talk.queries() == []


async def test_ones_own_subscriptions_end_at_once(talk: Conversation):
    await talk.says("subscribe cs.LG", destination="alice")
    assert (await talk.says("unsubscribe all", destination="alice")).startswith("Unsubscribed from #1: cs.LG")
