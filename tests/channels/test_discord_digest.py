"""Digests as Discord takes them: inside every limit, nothing lost, nothing that formats, pings or links."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from bot.channels.discord import Discord, channel
from bot.channels.discord.cards import cards_messages, text_messages
from bot.channels.discord.markup import escaped, marked, pieces, units
from bot.digest import NAMED, Card, Digest, NoPapers, Why
from bot.errors import SettingsError
from bot.model import AnnounceType, Destination, Language, Reason
from bot.presentation.cards import digest_lines
from bot.presentation.links import links
from bot.sources import arxivdaily
from tests.channels.cards import DAY, REASONS, card, digest, paper, settings, summary
from tests.counterparts import discord_schema
from tests.fakes import NINE

HOSTILE = (
    "@everyone <@1> [x](http://evil.test) ](http:// `code` ||spoiler|| **b** __u__ ~~s~~ :smile: </a:1> Z̴̛̦͔a \\"
)
BACKSLASHED = re.compile(r"\\(.)", re.DOTALL)


def to_channel(*cards: Card, address: str = "700", language: Language = Language.BOTH, **changes: Any) -> Digest:
    return digest(*cards, destination=Destination(1, "discord", address, language, NINE), **changes)


def bodies(of: Digest, style: str = "thread") -> list[dict[str, Any]]:
    return [json.loads(body)["message"] for body in Discord("token", style).render(of)]


def embeds(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [embed for message in messages for embed in message.get("embeds", ())]


def plain(messages: list[dict[str, Any]]) -> str:
    """What people read, without marks and white space, and without the marks of our own."""
    rows = [f"{one.get('title', '').removesuffix('…')} {one['description']}" for one in embeds(messages)]
    rows += [one.get("footer", {}).get("text", "") for one in embeds(messages)]
    return stripped("".join(rows))


def stripped(text: str) -> str:
    """A text without what means something in markdown."""
    return re.sub(r"[\\*_~`|>\[\]#+.\-]|\s", "", text)


def within_limits(messages: list[dict[str, Any]]) -> None:
    """https://docs.discord.com/developers/resources/message#embed-object-embed-limits"""
    for message in messages:
        assert discord_schema.faults("MessageCreateRequest", message) == []
        assert message["allowed_mentions"] == {"parse": []}
        assert units(message.get("content", "")) <= 2000
        found = message.get("embeds", [])
        assert message.get("content") or found
        assert len(found) <= 10
        assert (
            sum(
                units(one.get("title", "") + one["description"] + one.get("footer", {}).get("text", ""))
                for one in found
            )
            <= 6000
        )
        for one in found:
            assert 0 < units(one["description"]) <= 4096
            assert units(one.get("title", "")) <= 256
        rows = message.get("components", [])
        assert len(rows) <= 5
        ids = [button["custom_id"] for row in rows for button in row["components"]]
        assert len(ids) == len(set(ids))
        for row in rows:
            assert 0 < len(row["components"]) <= 5
            assert all(
                len(button["custom_id"]) <= 100 and len(button["label"]) <= 80 for button in row["components"]
            )


@pytest.mark.parametrize("count", [1, 20, 200])
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("style", ["thread", "flat"])
def test_a_digest_of_any_size_is_complete_and_within_the_limits(count: int, language: Language, style: str):
    cards = [card(number) for number in range(1, count + 1)]
    messages = bodies(to_channel(*cards, language=language), style)
    within_limits(messages)
    linked = {one["url"]: one["title"] for one in embeds(messages) if "url" in one}
    assert list(linked) == [one.paper.url for one in cards]
    ids = [
        button["custom_id"]
        for message in messages
        for row in message.get("components", [])
        for button in row["components"]
    ]
    assert ids == [
        f"sudi:at:{verb} {one.paper.id}"
        for one in cards
        for verb in (("show", "save", "follow") if count > 10 else ("save", "follow"))
    ]
    read = plain(messages)
    for one in cards:
        assert stripped(one.paper.title) in read
        if language is not Language.EN:
            assert stripped(f"提出潮汐方法 {one.paper.id}。") in read


def test_the_message_in_the_channel_has_the_date_the_coverage_and_the_titles():
    root, cards, named = bodies(to_channel(card(1), card(2), matched=5, rest=(card(3), card(4), card(5))))
    (head,) = root["embeds"]
    assert root["content"] == "**5 papers, Wed 10 June**: Tidal 1: Quantization of the KV Cache, and 4 more"
    assert "title" not in head, "it is not said twice"
    assert head["footer"]["text"] == 'For cs.LG "kv cache" · Read: cs.LG 138 of 138, cs.CL 96 of 96'
    assert head["description"].split("\n\n") == [
        *(
            f"{n}. [Tidal {n}: Quantization of the KV Cache](https://arxiv.org/abs/2606.9000{n})"
            f"\n潮汐 2606.9000{n}：键值缓存的量化"
            for n in (1, 2)
        ),
        "and 3 more",
    ]
    labels = [[one["label"] for one in row["components"]] for row in cards["components"]]
    assert labels == [[f"Save {n}", f"Follow author {n}"] for n in (1, 2)]
    (rest,) = named["embeds"]  # below the buttons of the cards
    assert rest["description"].split("\n")[:3] == [
        "**and 3 more:**",
        "[Tidal 3: Quantization of the KV Cache](https://arxiv.org/abs/2606.90003)",
        "潮汐 2606.90003：键值缓存的量化",
    ]


def test_all_papers_are_counted_also_those_that_are_not_even_named():
    rest = tuple(card(number) for number in range(2, NAMED + 9))
    root, *_ = bodies(to_channel(card(1), rest=rest))
    assert root["content"].endswith(f", and {NAMED + 7} more")


def test_a_card_has_the_order_of_every_channel():
    _, cards = bodies(to_channel(card(1)))
    (embed,) = cards["embeds"]
    assert embed["footer"]["text"] == "2606.90001 · cs.LG cs.CL · new"
    assert [row for row in embed["description"].split("\n") if row] == [
        "潮汐 2606.90001：键值缓存的量化",
        "José Arrabal, Wen Shuyi",
        "AI 总结：提出潮汐方法 2606.90001。",
        "Comments: 12 pages; code at https\\://code.example.org/tidal",
        "“kv cache” in title · cs.LG",
        "[PDF](https://arxiv.org/pdf/2606.90001) · [HTML](https://arxiv.org/html/2606.90001)",
        "Long conversations number 1 are expensive. We assign bits to heads.",
        "第 2606.90001 篇：长对话十分昂贵，我们为各个注意力头分配比特。",
    ]


def test_more_than_the_message_leads_to_the_page_with_all_of_it():
    link = "https://sudi.example.org/digest/aaaa/"
    root, *others = bodies(to_channel(card(1), rest=(card(2), card(3)), matched=3, link=link))
    said = root["embeds"][0]["description"]
    assert f"[and 2 more]({link}#rest)" in said
    assert f"[Open all 3 in the browser]({link})" in said
    assert "2606.90003" not in json.dumps(others), "the page has it"


@pytest.mark.parametrize("style", ["thread", "flat"])
@pytest.mark.parametrize("address", ["700", "@42"])
def test_who_sees_no_embeds_and_gets_a_notification_reads_the_title_and_the_count(address: str, style: str):
    first, *others = bodies(to_channel(*(card(n) for n in range(1, 12)), address=address), style)
    assert first["content"] == "**11 papers, Wed 10 June**: Tidal 1: Quantization of the KV Cache, and 10 more"
    assert not any("content" in one for one in others)
    nothing = bodies(to_channel(coverage=(), no_papers=NoPapers(Why.NO_ANNOUNCEMENT, (DAY,))), style)
    assert nothing[0]["content"] == (
        "**No papers, Wed 10 June**\narXiv announced nothing new. Your next digest follows its next announcement."
    )
    assert "embeds" not in nothing[0]


def test_all_but_the_first_message_name_their_thread():
    first, *others = map(json.loads, Discord("token").render(to_channel(*(card(n) for n in range(1, 12)))))
    assert "thread" not in first
    assert {one["thread"] for one in others} == {"11 papers, Wed 10 June"}


def test_a_direct_message_has_no_thread():
    messages = bodies(to_channel(card(1), card(2), address="@42"))
    assert len(messages) == 1
    assert messages[0]["content"].startswith("**2 papers, Wed 10 June**")


def test_titles_that_do_not_fit_into_the_first_message_are_counted():
    root = bodies(to_channel(*(card(number) for number in range(1, 201))))[0]
    description = root["embeds"][0]["description"]
    listed = description.count("](")
    assert 20 < listed < 200
    assert f"and {200 - listed} more in the thread below" in description


def test_a_digest_without_papers_says_so_in_one_message():
    (only,) = bodies(to_channel())
    assert only["content"] == "**0 papers, Wed 10 June**\nNothing matched."


def test_one_card_alone_is_shown_whole_with_both_abstracts():
    messages = cards_messages([card(1)], Language.BOTH)
    within_limits(messages)
    (row,) = messages[0]["components"]
    assert [one["label"] for one in row["components"]] == ["Save", "Follow author"]
    assert "我们为各个注意力头分配比特" in plain(messages)
    assert "Weassignbitstoheads" in plain(messages)


def test_what_a_paper_was_chosen_for_is_bold_in_the_abstracts():
    one = card(
        1, abstract="One kv-cache (KV cache) * for all.", reasons=(*REASONS, Reason('"kv cache"', "abstract"))
    )
    whole = cards_messages([one], Language.EN)[0]["embeds"][0]["description"]
    assert "One **kv-cache** (**KV cache**) \\* for all." in whole


def test_a_word_too_long_for_a_mark_is_shown_without_one():
    word = "quantiz" + "e" * 2_500
    one = card(1, abstract=f"We {word} and quantize.", reasons=(Reason("quantiz*", "abstract"),))
    whole = cards_messages([one], Language.EN)
    within_limits(whole)
    assert word in plain(whole)
    assert "**quantize**" in whole[0]["embeds"][0]["description"]


def test_a_text_longer_than_an_embed_goes_on_numbered():
    one = card(1, abstract="tide " * 2_000)
    messages = cards_messages([one], Language.EN)
    within_limits(messages)
    assert plain(messages).count("tide") == 2_000
    assert [each["footer"]["text"] for each in embeds(messages)] == [
        f"2606.90001 · cs.LG cs.CL · new · {n}/3" for n in (1, 2, 3)
    ]


def test_hostile_titles_neither_format_nor_ping_nor_link():
    one = card(1, title=HOSTILE, comments=HOSTILE)
    messages = bodies(to_channel(one))
    within_limits(messages)
    for embed in embeds(messages):
        text = f"{embed.get('title', '')}\n{embed['description']}"
        for way in links(one.paper, "en"):
            text = text.replace(f"[{way.name}]({way.url})", "").replace(f"[{one.paper.id}]({one.paper.url})", "")
        bare = BACKSLASHED.sub("", text)
        for mark in ("@", "<", "[", "]", "`", "||", "__", "~~", "://", ":smile"):
            assert mark not in bare, mark
        assert embed.get("url", one.paper.url) == one.paper.url


def test_a_real_page_is_within_the_limits(samples: Path):
    listing = arxivdaily.read((samples / "arxivdaily_2026-06-10.txt").read_bytes())
    assert listing
    made = {(one.paper_id, one.version): one for one in listing.summaries}
    cards = [
        Card(one.paper, one.type, one.date, REASONS, summary=made.get((one.paper.id, one.paper.version)))
        for one in listing.announcements
    ]
    for language in Language:
        for style in ("thread", "flat"):
            messages = bodies(to_channel(*cards, language=language), style)
            within_limits(messages)
            assert [one["url"] for one in embeds(messages) if "url" in one] == [one.paper.url for one in cards]
        for one in cards:
            within_limits(cards_messages([one], language))


visible = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
words = st.lists(st.text(visible, min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=12)


@trials(max_examples=30)
@given(words, st.integers(1, 30), st.sampled_from(Language), st.sampled_from(["thread", "flat"]))
@example([HOSTILE] * 12, 120, Language.BOTH, "thread")
@example(["𝔘🏴‍☠️ "] * 12, 120, Language.BOTH, "flat")
def test_any_texts_stay_within_the_limits_and_nothing_is_lost(
    some: list[str], times: int, language: Language, style: str
):
    long = (" ".join(some) + " ") * times
    made = summary(paper(1), title=long, one_line=long, abstract=long)
    one = card(1, title=long, authors=tuple(some), abstract=long, comments=long, summary=made)
    shown = to_channel(one, card(2), language=language)
    messages = bodies(shown, style)
    within_limits(messages)
    lines = digest_lines(shown).cards[0]
    read = plain(messages)
    for text in (*(each.text for each in (*lines.titles, *lines.lines, *lines.notes)), lines.authors):
        assert stripped(text) in read
    within_limits(cards_messages([shown.cards[0]], language))
    within_limits(text_messages(long))


def test_whoever_asks_reads_the_words_beside_a_paper_in_their_language_whatever_the_papers_are_in():
    said = plain(cards_messages([card(1, reasons=REASONS)], Language.BOTH, "zh"))
    assert "匹配原因：" in said


def test_the_headings_of_an_answer_are_bold_and_nothing_else_of_it():
    (message,) = text_messages("Start\n• list", ["Start"])
    assert message["content"] == "**Start**\n• list"


@given(st.lists(st.tuples(st.text(min_size=1, max_size=90), st.booleans()), max_size=8))
@example([("*", True), ("\\", False), ("**", True)])
def test_marks_are_whole_in_every_piece_and_the_text_is_as_it_was(runs: list[tuple[str, bool]]):
    whole = marked((" ".join(text.split()) or "x", is_marked) for text, is_marked in runs)
    for piece in pieces(whole, 200):
        assert units(piece) <= 200
        assert BACKSLASHED.sub("", piece).count("**") % 2 == 0


@given(st.text(max_size=300), st.integers(2, 50))
@example(")0000<", 5)
def test_pieces_are_the_text_and_never_cut_an_escape(text: str, limit: int):
    whole = escaped(" ".join(text.split()))
    found = pieces(whole, limit)
    assert all(units(piece) <= limit for piece in found)
    assert "".join("".join(found).split()) == "".join(whole.split())
    assert not any(re.search(r"(?<!\\)(\\\\)*\\$", piece) for piece in found)


def test_discords_own_description_is_what_bodies_are_held_to():
    if why := discord_schema.missing():
        pytest.skip(why)
    wrong = {"embeds": [{"title": "x" * 257}]}
    assert discord_schema.faults("MessageCreateRequest", wrong) == ["$.embeds[0].title: " + repr("x" * 257)[:200]]


def test_the_preview_is_a_json_array_of_the_messages():
    one = Discord("token")
    rendered = one.render(to_channel(card(1), card(2)))
    assert json.loads(one.preview(rendered)) == [json.loads(body)["message"] for body in rendered]
    assert json.loads(one.preview(())) == []


def test_rendering_twice_gives_the_same_messages():
    shown = to_channel(*(card(number, type=AnnounceType.CROSS) for number in range(1, 9)))
    assert Discord("token").render(shown) == Discord("token").render(shown)


def test_without_a_token_the_setting_is_named():
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        channel(settings(discord_token=None))
