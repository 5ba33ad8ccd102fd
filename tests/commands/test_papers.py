"""preview, today, show, why, status, help."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.commands import SPECS, Commands
from bot.locale import LANGUAGES
from bot.model import AnnounceType, Language
from bot.store.spending import Spent
from tests.commands.conftest import (
    AXION,
    CHINESE,
    DAY,
    DEFAULTS,
    LISTINGS,
    OLD,
    PAGES,
    TIDAL,
    Conversation,
    listing,
)


async def test_preview_shows_cards_and_changes_nothing(talk: Conversation):
    reply = await talk.reply("preview cs.LG 注意力, storage")
    assert [card.paper for card in reply.cards] == [TIDAL, PAGES]
    assert reply.cards[0].summary == CHINESE
    assert reply.cards[0].subscriptions == ()
    assert not reply.is_public
    assert "2 of 3 papers match." in reply.text
    assert reply.text.endswith("To get such papers: subscribe cs.LG 注意力, storage")
    assert await talk.queries() == []


async def test_preview_shows_the_first_cards_of_many(talk: Conversation):
    many = [replace(AXION, id=f"2606.91{number:03}") for number in range(9)]
    await talk.announce(listing("hep-th", *((paper, AnnounceType.NEW) for paper in many)))
    reply = await talk.reply("preview hep-th")
    assert "10 of 10 papers" in reply.text
    assert "The first 5:" in reply.text
    assert len(reply.cards) == 5


async def test_preview_looks_at_about_a_week(talk: Conversation):
    day = DAY - timedelta(days=1)
    paper = replace(AXION, id="2606.89999")
    older = listing("hep-th", (paper, AnnounceType.NEW))
    announced = tuple(replace(one, date=day) for one in older.announcements)
    await talk.announce(replace(older, date=day, announcements=announced))
    assert "Tue 9 June 2026 to Wed 10 June 2026: 2 of 2 papers" in await talk.says("preview hep-th")


async def test_preview_without_anything_stored_says_so(empty: Conversation):
    assert "I haven't read any papers yet" in await empty.says("preview cs.LG")


@pytest.mark.parametrize("typed", ["preview", "preview cs.XX", "preview -x"])
async def test_a_wrong_preview_is_explained(talk: Conversation, typed: str):
    reply = await talk.reply(typed)
    assert reply.cards == ()
    assert reply.text


async def test_today_shows_everything_on_the_last_date_once(talk: Conversation):
    many = [replace(AXION, id=f"2606.91{number:03}") for number in range(60)]
    await talk.announce(listing("hep-th", *((paper, AnnounceType.NEW) for paper in many)))
    await talk.says("subscribe cs.LG")
    await talk.says("subscribe kv cache")
    await talk.says("subscribe hep-th")
    reply = await talk.reply("今天")
    assert reply.text.splitlines() == [
        "Wed 10 June 2026: 63 papers match your subscriptions.",
        "Page 1 of 4.",
        "Next page: today 2026-06-10 2",
    ]
    both = next(card for card in reply.cards if card.paper == TIDAL)
    assert [one.number for one in both.subscriptions] == [1, 2]
    pages = [await talk.reply(f"today 2026-06-10 {page}") for page in (1, 2, 3, 4)]
    assert pages[0].cards == reply.cards
    assert [len(page.cards) for page in pages] == [20, 20, 20, 3]
    assert len({card.paper.id for page in pages for card in page.cards}) == 63
    assert pages[3].text.splitlines()[1:] == ["Page 4 of 4."]


@pytest.mark.parametrize(
    "typed",
    [
        *("2026-06-09", "2026/6/9", "2026.06.09", "20260609", "2026年6月9日", "２０２６年６月９日"),
        *("2026-06-09 1", "2026-06-09, page 1", "2026-06-09 第1页", "2026年6月9日第 1 页"),
    ],
)
async def test_today_takes_a_date_and_a_page_as_people_write_them(talk: Conversation, typed: str):
    day = DAY - timedelta(days=1)
    paper = replace(AXION, id="2606.89999")
    older = listing("hep-th", (paper, AnnounceType.NEW))
    await talk.announce(replace(older, date=day, announcements=(replace(older.announcements[0], date=day),)))
    await talk.says("subscribe hep-th")
    for verb in ("today", "今天"):
        reply = await talk.reply(f"{verb} {typed}")
        assert reply.text == "Tue 9 June 2026: 1 paper matches your subscriptions."
        assert [card.paper for card in reply.cards] == [paper]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("2026-02-30", "I can't read “2026-02-30” as a date and a page. Type, for example: today 2026-06-10 2"),
        ("tomorrow", "I can't read “tomorrow” as a date and a page. Type, for example: today 2026-06-10 2"),
        ("2026-06-10 2 3", "I can't read “2026-06-10 2 3” as a date and a page."),
        ("2026-06-11", "I have no announcement of 2026-06-11. The last ones: 2026-06-10"),
        ("2026-06-10 2", "2026-06-10 has one page here: today 2026-06-10"),
        ("0", "2026-06-10 has one page here: today 2026-06-10"),
        ("999999", "2026-06-10 has one page here: today 2026-06-10"),
    ],
)
async def test_a_wrong_date_or_page_is_explained(talk: Conversation, typed: str, answer: str):
    await talk.says("subscribe hep-th")
    reply = await talk.reply(f"today {typed}")
    assert reply.text.startswith(answer)
    assert reply.cards == ()
    said = await talk.says(f"today {typed}", language=Language.ZH)
    assert "今天 2026-06-10" in said or "最近的更新日：2026-06-10" in said


async def test_today_says_when_nothing_matches_or_nothing_is_stored(empty: Conversation):
    await empty.says("subscribe cs.RO")
    assert "I haven't read any papers yet" in await empty.says("today")
    await empty.announce(*LISTINGS)
    assert await empty.says("today") == "Wed 10 June 2026: 0 papers match your subscriptions."


@pytest.mark.parametrize(
    "typed",
    [
        "show 2606.90001",
        "show 2606.90001v1",
        "show arXiv:2606.90001",
        "SHOW https://arxiv.org/abs/2606.90001v1",
        "显示 <https://arxiv.org/pdf/2606.90001.pdf|arxiv.org/pdf>",
        "显示２６０６．９０００１",
    ],
)
async def test_show_finds_a_paper_by_any_name(talk: Conversation, typed: str):
    reply = await talk.reply(typed)
    assert [(card.paper, card.type, card.summary) for card in reply.cards] == [(TIDAL, AnnounceType.NEW, CHINESE)]
    assert reply.text == "2606.90001v1: Tidal: Per-Head Quantization of the KV Cache"


async def test_cards_come_in_the_language_of_the_place(talk: Conversation):
    assert (await talk.reply("show 2606.90001")).language is Language.BOTH
    await talk.says("language zh")
    reply = await talk.reply("show 2606.90001")
    assert reply.language is Language.ZH
    assert reply.text.startswith("2606.90001v1: ")


async def test_old_identifiers_are_read(talk: Conversation):
    paper = replace(AXION, id="hep-th/9901001", version=3)
    await talk.announce(listing("hep-th", (paper, AnnounceType.REPLACE)))
    assert (await talk.reply("show https://arxiv.org/abs/hep-th/9901001v3")).cards[0].paper == paper
    assert (await talk.reply("show HEP-TH/9901001")).cards[0].paper == paper


async def test_another_version_than_asked_is_named(talk: Conversation):
    reply = await talk.reply("show 2606.80003v1")
    assert reply.cards[0].paper == OLD
    assert reply.text.endswith("I don't have version 1; this is version 2.")


@pytest.mark.parametrize("verb", ["show", "why"])
@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("me the money", "Add an arXiv ID"),
        ("2606.99999", "I haven't read 2606.99999"),
        ("2606.90001v99999", "Add an arXiv ID"),
    ],
)
async def test_a_wrong_paper_is_explained(talk: Conversation, verb: str, typed: str, answer: str):
    reply = await talk.reply(f"{verb} {typed}")
    assert reply.text.startswith(answer)
    assert reply.cards == ()


async def test_show_needs_a_paper(talk: Conversation):
    assert (await talk.says("show")).startswith("Add an arXiv ID")


async def test_why_alone_names_what_came_nearest_and_what_it_lacked(talk: Conversation):
    await talk.says("subscribe cs.LG cache drift oracle")
    await talk.says('subscribe cs.DC "attention drift"')
    assert (await talk.says("why")).splitlines() == [
        "Wed 10 June 2026: these papers came nearest without matching:",
        "• 2606.90001 Tidal: Per-Head Quantization of the KV Cache: for #1, it lacks oracle",
        "• 2606.80003 An Older KV Cache: for #1, it lacks drift, oracle",
        "• 2606.90002 Cold Pages: for #1, it lacks drift, oracle",
        "To see one: show 2606.90001",
    ]
    assert await talk.says("whynot") == await talk.says("why")


async def test_why_alone_is_honest_when_nothing_came_near(talk: Conversation):
    assert (await talk.says("why")).startswith("No subscriptions here yet")
    await talk.says("subscribe cs.LG zeppelin")
    assert await talk.says("why") == "Wed 10 June 2026: none of the 4 papers read comes near."


async def test_what_matched_or_has_none_of_the_words_is_no_near_miss(talk: Conversation):
    await talk.says("subscribe cs.LG cache")
    assert "90001" not in await talk.says("why")
    assert "90004" not in await talk.says("why")


async def test_why_explains_every_subscription_and_the_delivery(empty: Conversation):
    await empty.says('subscribe cs.LG "kv cache"')
    await empty.says("subscribe hep-th -survey")
    await empty.announce(*LISTINGS)
    waiting = await empty.says("why 2606.90001")
    assert waiting.splitlines() == [
        "2606.90001v1: Tidal: Per-Head Quantization of the KV Cache",
        "Announced Wed 10 June 2026: cs.CL (cross-listed), cs.LG (new).",
        '#1 (cs.LG "kv cache") matches: “kv cache” in title, abstract · cs.LG',
        "#2 (hep-th -survey) does not match: it lacks hep-th",
        "It's queued for the next digest."
        " Next digest (if anything matches): Thu 11 June 2026, 09:00 (Asia/Shanghai).",
    ]
    await empty.deliver()
    assert "Sent here: Wed 10 June 2026, 15:00." in await empty.says("why 2606.90001")


async def test_why_tells_what_was_announced_too_early_from_what_never_matched(talk: Conversation):
    assert "No subscriptions here" in await talk.says("why 2606.90001")
    await talk.says("subscribe cs.LG")
    assert (await talk.says("why 2606.90001")).endswith("it was announced before you subscribed.")
    assert (await talk.says("why 2606.90004")).endswith("Not sent here.")


async def test_why_explains_revisions(talk: Conversation):
    await talk.says("subscribe cs.LG")
    text = await talk.says("why 2606.80003")
    assert "digests leave those out unless the query says type:" in text
    assert text.endswith("Not sent here.")


async def test_why_tells_of_refused_and_of_planned_digests(empty: Conversation):
    await empty.says("subscribe cs.LG")
    await empty.announce(*LISTINGS)
    await empty.deliver(refused="gone")
    assert "could not be delivered here. To retry: resume" in await empty.says("why 2606.90001")
    await empty.says("resume")
    assert "on its way here" in await empty.says("why 2606.90001")


async def test_status_shows_listings_deliveries_and_what_is_next(empty: Conversation):
    assert await empty.says("status") == (
        "I haven't read any papers yet. The first reading is tonight.\n"
        "No subscriptions here yet. To begin: subscribe cs.LG diffusion"
    )
    await empty.says("subscribe cs.LG")
    await empty.announce(*LISTINGS)
    assert "No digest has been sent here yet." in await empty.says("status")
    await empty.deliver()
    assert (await empty.says("status")).splitlines() == [
        "Last announcement: Wed 10 June 2026. Read: Wed 10 June 2026, 14:00.",
        "• 10 June cs.LG 3 of 3",
        "1 subscription here.",
        "Papers in English and Chinese, at 09:00, Monday to Friday (Asia/Shanghai).",
        "When there are no papers, I send nothing unless something could not be read.",
        "Next digest (if anything matches): Thu 11 June 2026, 09:00 (Asia/Shanghai).",
        "No papers queued.",
        "Last digests:",
        "• Wed 10 June 2026, 15:00: 2 papers, sent",
    ]


async def test_status_tells_admins_in_private_which_places_refuse(talk: Conversation):
    await talk.says("subscribe cs.LG", destination="#gone")
    async with talk.store.write() as tx:
        await tx.subscribers.refuse(1, "the channel is gone", talk.now)
    talk.commands = Commands(talk.store, DEFAULTS, lambda: talk.now, admins=["console:alice"])
    assert "• console #gone: the channel is gone" in await talk.says("status", destination="alice")
    for destination, sender in (("#ml", "alice"), ("bob", "bob")):
        assert "gone" not in await talk.says("status", destination=destination, sender=sender)


async def test_status_tells_admins_in_private_what_the_texts_of_today_have_used(talk: Conversation):
    talk.commands = Commands(talk.store, DEFAULTS, lambda: talk.now, admins=["console:alice"])
    assert "Chinese texts today" not in await talk.says("status", destination="alice")
    async with talk.store.write() as tx:
        used = Spent(tokens=5_000, cost=12_345, calls=3)
        await tx.spending.book(talk.now.date(), used, most_tokens=0, most_cost=0)
        await tx.spending.settle(talk.now.date(), used, Spent(used.tokens, used.cost, flawed=1))
        await tx.spending.found(talk.now.date(), 7)
    assert (
        "Chinese texts today: 3 calls, 5000 tokens, cost 0.0123; 7 reused, 1 answers refused"
        in await talk.says("status", destination="alice")
    )
    for destination, sender in (("#ml", "alice"), ("bob", "bob")):
        assert "Chinese texts today" not in await talk.says("status", destination=destination, sender=sender)


async def test_help_is_grouped_names_every_command_and_fits_a_screen(talk: Conversation):
    groups = {"en": ["Start", "Change", "Read"], "zh": ["开始", "修改", "阅读"]}
    for language in LANGUAGES:
        reply = await talk.reply("help", language=Language(language))
        assert not reply.is_public
        rows = reply.text.splitlines()
        assert [row for row in rows if row in groups[language]] == groups[language]
        assert len(rows) <= 16
        for spec in SPECS:
            assert re.search(
                rf"(^|[ 、，：；]){spec.name.typed(language)}(?=[ ,:：、，；。]|$)", reply.text, re.MULTILINE
            )


@pytest.mark.parametrize(
    ("typed", "headings"),
    [
        ("help", ("Start", "Change", "Read")),
        ("帮助", ("开始", "修改", "阅读")),
        ("幫助", ("開始", "修改", "閱讀")),
        ("help query", ("Queries:",)),
        ("help mute", ()),
    ],
)
async def test_the_groups_of_help_have_headings(talk: Conversation, typed: str, headings: tuple[str, ...]):
    assert (await talk.reply(typed, language=None)).headings == headings


async def test_help_says_how_queries_are_written(talk: Conversation):
    for word in ("query", "queries", "查询", "查詢"):
        assert 'cs.LG "kv cache"' in await talk.says(f"help {word}")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
async def test_help_explains_each_command_and_its_example_works(talk: Conversation, spec):
    for language in Language.EN, Language.ZH:
        for name in spec.name.names:
            text = await talk.says(f"help {name}", language=language)
            assert spec.usage_in(language) in text
            assert spec.example_in(language) in text
    assert spec.usage_in("zh").startswith(spec.name.typed("zh"))
    assert not re.search(r"[A-Z]", spec.usage_in("zh")), "Chinese help says in Chinese what to put there"
    await talk.says("subscribe hep-th")
    await talk.says("subscribe cs.CV")
    text = await talk.says(spec.example)
    assert (await talk.says(spec.example_in("zh"))).splitlines(), "the Chinese verbs work"
    assert not text.startswith(
        ("There is", "That is no", "Type", "No subscriptions here", "A b", "A quot", "This would")
    )


async def test_help_for_what_does_not_exist(talk: Conversation):
    assert await talk.says("help subscrib") == await talk.says("help subscribe")
    assert await talk.says("help xyzzy") == "I don't know the command “xyzzy”. All commands: help"


async def test_status_names_what_could_not_be_read_of_what_the_place_reads(talk: Conversation):
    await talk.says("subscribe cs.LG")
    async with talk.store.write() as tx:
        for category in ("cs.LG", "hep-th"):
            await tx.faults.open("arxiv_feed", category, date(2026, 6, 11), "HTTP 429", talk.now)
    said = await talk.says("status")
    assert "Missing: 11 June cs.LG could not be read yet (feed: HTTP 429)." in said
    assert "hep-th" not in said
