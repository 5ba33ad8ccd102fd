"""A digest as messages of Slack: within every limit, nothing lost, nobody called."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import Attachment, Offer, Reply
from bot.channels.slack.blocks import MOST_BLOCKS, MOST_CHARACTERS, cost
from bot.channels.slack.render import SETTINGS, digest_bodies, reply_messages
from bot.digest import PAGE, Digest
from bot.model import Language, Reason
from bot.presentation.cards import cards_lines
from bot.sources.arxivdaily import read
from tests.channels.cards import REASONS, addresses, card, digest, summary
from tests.channels.cards import paper as invented
from tests.counterparts import block_kit

HOSTILE = (
    "<!channel> @here *_~`x`~_* &lt;!everyone&gt; \u202egnp.exe\u2066 🏔️👩‍🔬"
    " **KV** <https://evil.test|arXiv> $\\alpha$"
)


def messages(one: Digest) -> list[dict[str, Any]]:
    return [json.loads(body) for body in digest_bodies(one)]


def text_of(found: list[dict[str, Any]]) -> str:
    return "".join(text for message in found for text in block_kit.strings(message["blocks"], "text"))


def elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        element
        for block in message["blocks"]
        if block["type"] == "rich_text"
        for element in block["elements"][0]["elements"]
        if element["type"] != "rich_text_section"
    ]


def assert_valid(found: list[dict[str, Any]]) -> None:
    for message in found:
        assert block_kit.faults(message) == []
        assert len(message["blocks"]) <= MOST_BLOCKS
        assert sum(map(cost, message["blocks"])) <= MOST_CHARACTERS


def assert_nothing_lost(one: Digest, found: list[dict[str, Any]]) -> None:
    said = text_of(found)
    commands = set(block_kit.strings([message["blocks"] for message in found], "value"))
    is_folded = len(one.cards) > 10
    for lines in cards_lines(one.cards, one.destination.language):
        assert lines.id in said
        for passage in (*lines.titles, *lines.lines, *lines.notes, *(() if is_folded else lines.abstracts)):
            assert passage.text in said
        assert f"save {lines.id}" in commands
        assert (f"show {lines.id}" in commands) == (is_folded and bool(lines.abstracts))


@pytest.mark.parametrize("count", [1, 20, 200])
@pytest.mark.parametrize("language", list(Language))
def test_a_digest_of_any_size_keeps_the_limits_and_loses_nothing(count: int, language: Language):
    one = digest(*(card(number) for number in range(count)), language=language)
    found = messages(one)
    assert_valid(found)
    assert_nothing_lost(one, found)
    assert found[0]["text"].startswith(f"{count} paper" if language.plain is not Language.ZH else "6 月 10 日")
    assert not any(f"/{len(found)}" in message["text"] for message in found), "counters are noise"


def test_real_papers_in_two_languages_keep_the_limits(samples):
    listing = read((samples / "arxivdaily_2026-06-10.txt").read_bytes())
    assert listing is not None
    texts = {one.paper_id: one for one in listing.summaries}
    fields = ("id", "title", "abstract", "authors", "categories", "comments")
    found = [
        card(summary=texts.get(one.paper.id), **{name: getattr(one.paper, name) for name in fields})
        for one in listing.announcements
    ]
    one = digest(*found)
    assert_valid(messages(one))
    assert_nothing_lost(one, messages(one))


def test_the_first_message_lists_all_titles_and_links_only_to_arxiv():
    found = messages(digest(card(1), card(2)))
    first = "".join(block_kit.strings(found[0]["blocks"], "text"))
    assert "2 papers" in first
    assert "138" in first
    assert "Tidal 1" in first
    assert "潮汐 2606.90002" in first
    assert "expensive" not in first
    assert set(block_kit.strings(found, "url")) == addresses(card(1), card(2))


def test_nothing_in_a_paper_is_markup_or_calls_anybody():
    texts = summary(invented(1), title=HOSTILE, abstract=HOSTILE, one_line=HOSTILE)
    one = digest(card(1, title=HOSTILE, abstract=HOSTILE, authors=(HOSTILE,), comments=HOSTILE, summary=texts))
    found = messages(one)
    assert_valid(found)
    assert_nothing_lost(one, found)
    types = [kind for message in found for kind in block_kit.strings(message["blocks"], "type")]
    assert not {"mrkdwn", "broadcast", "user", "usergroup", "channel"} & set(types)
    assert all("<" not in message["text"] for message in found)
    assert set(block_kit.strings(found, "url")) == addresses(*one.cards)
    assert not set("\u202e\u2066") & set(text_of(found))


@pytest.mark.parametrize("language", list(Language))
def test_the_plain_text_of_every_message_names_its_papers_for_screen_readers_and_notifications(language: Language):
    rest = tuple(card(number) for number in range(21, 80))
    one = digest(*(card(number) for number in range(1, 21)), rest=rest, matched=79, language=language)
    found = messages(one)
    assert_valid(found)
    assert "cs.LG 138" in found[0]["text"]
    for number, shown in enumerate((*one.cards, *rest), 1):
        (lines,) = cards_lines([shown], language)
        titles = " · ".join(title.text for title in lines.titles)
        assert any(f"\n{number}. {titles}\n" in f"\n{message['text']}\n" for message in found), number
    lines = cards_lines(one.cards, language)
    said = "".join(message["text"] for message in found)
    assert all(line.text in said for each in lines for line in each.lines)
    assert not any(abstract.text in said for each in lines for abstract in each.abstracts)


def test_the_plain_text_of_an_answer_names_its_papers():
    found = reply_messages(Reply("Wed", Language.EN, tuple(card(number) for number in range(1, 21))))
    said = "\n".join(text for one in found for text in one.said)
    assert all(f"{number}. Tidal {number}: Quantization" in said for number in range(1, 21))


def test_bold_is_a_style_and_not_a_sign_beside_chinese_characters():
    found = messages(digest(card(1)))
    title = "Tidal 1: Quantization of the KV Cache"
    link = {"type": "link", "url": "https://arxiv.org/abs/2606.90001", "text": title, "style": {"bold": True}}
    assert link in elements(found[1])
    (item,) = elements_of_lists(found[0])
    assert item == [link, {"type": "text", "text": "\n潮汐 2606.90001：键值缓存的量化"}]


def elements_of_lists(message: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The items of its lists."""
    lists = [each for block in message["blocks"] for each in block.get("elements", [])]
    return [item["elements"] for one in lists if one["type"] == "rich_text_list" for item in one["elements"]]


def test_a_card_has_the_order_of_every_channel():
    _, thread = messages(digest(card(1)))
    title, small, below, actions = thread["blocks"]
    said = ["".join(block_kit.strings([block], "text")) for block in (title, small, below)]
    assert said[0].startswith("1. Tidal 1: Quantization of the KV Cache")
    assert said[0].endswith("AI 总结：提出潮汐方法 2606.90001。")
    assert said[1].split("\n") == [
        "José Arrabal, Wen Shuyi",
        "Comments: 12 pages; code at https://code.example.org/tidal",
        "“kv cache” in title · cs.LG",
    ]
    assert said[2].startswith("2606.90001 · cs.LG cs.CL · new · PDF · HTML")
    assert said[2].endswith("我们为各个注意力头分配比特。")
    assert [one["value"] for one in actions["elements"]] == ["save 2606.90001", "follow 2606.90001"]


def test_more_than_the_message_leads_to_the_page_with_all_of_it():
    link = "https://sudi.example.org/digest/aaaa/"
    root, *thread = messages(digest(card(1), rest=(card(2), card(3)), matched=3, link=link))
    assert {link, f"{link}#rest"} <= set(block_kit.strings(root["blocks"], "url"))
    assert "2606.90003" not in text_of(thread), "the page has it"


def test_what_a_paper_was_chosen_for_is_bold_in_the_abstracts():
    one = card(1, abstract="One kv-cache for all.", reasons=(*REASONS, Reason('"kv cache"', "abstract")))
    _, thread = messages(digest(one, language=Language.EN))
    assert "kv-cache" in [each["text"] for each in elements(thread) if each.get("style", {}).get("bold")]
    assert "Tidal 1: Quantization of the KV Cache" in text_of(messages(digest(one)))


def test_the_settings_and_the_subscriptions_are_one_button_away():
    first = messages(digest(card(1)))[0]["blocks"]
    assert list(block_kit.strings(first, "value")) == [SETTINGS, "list"]


TEXTS = st.text(st.sampled_from("a <>&*_~`@!#\n\\{}$中文，😀\u202e"), max_size=60).map(lambda text: text * 60)


ENTRY = "@misc{roe2026_1,\n  title = {{Tides & <everybody>}},\n  eprint = {2606.90001}\n}\n"


@settings(max_examples=25)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), min_size=1, max_size=12),
    st.sampled_from(list(Language)),
)
def test_whatever_the_papers_say_the_limits_are_kept_and_nothing_is_lost(texts, language):
    one = digest(
        *(
            card(n, title=a, abstract=b, authors=(a, b), summary=summary(invented(n), title=c, abstract=d))
            for n, (a, b, c, d) in enumerate(texts)
        ),
        language=language,
    )
    found = messages(one)
    assert_valid(found)
    assert_nothing_lost(one, found)


@pytest.mark.parametrize("count", [0, 1, 5, 6, PAGE])
@pytest.mark.parametrize("title", ["Tides", "潮汐" * 2000, "kv cache " * 500, HOSTILE * 50, "😀" * 4000])
def test_a_page_of_papers_is_an_answer_of_five_messages_at_the_most(count: int, title: str):
    texts = [summary(invented(number), title=title) for number in range(count)]
    cards = [card(number, title=title, summary=texts[number]) for number in range(count)]
    if count < 6:
        cards = [replace(one, paper=replace(one.paper, title="Tides"), summary=None) for one in cards]
    found = reply_messages(Reply("2026\n• one", Language.BOTH, tuple(cards)))
    assert 1 <= len(found) <= 5
    assert_valid([{"blocks": blocks, "text": "x"} for blocks, _ in found])
    linked = addresses(*cards) if count < 6 else {one.paper.url for one in cards}
    assert linked == set(block_kit.strings([one.blocks for one in found], "url"))


def test_a_title_longer_than_any_is_cut_where_a_paper_is_only_named():
    one = digest(card(1), rest=(card(2, title="潮" * 3000),), language=Language.EN)
    found = messages(one)
    assert_valid(found)
    assert "潮…" in text_of(found)
    assert "https://arxiv.org/abs/2606.90002" in set(block_kit.strings(found, "url"))


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [((ENTRY,), 1), ((ENTRY,) * 20, 20), ((ENTRY,) * 2000, None), ((ENTRY * 500,), 0), (("😀" * 9_000,), 1)],
)
def test_a_file_is_code_as_far_as_an_answer_has_room_for_it(pieces: tuple[str, ...], shown: int | None):
    reply = Reply("BibTeX.", Language.EN, attachment=Attachment("saved.bib", pieces))
    found = reply_messages(reply)
    assert 1 <= len(found) <= 5
    assert_valid([{"blocks": blocks, "text": "x"} for blocks, _ in found])
    blocks = [element for one in found for block in one.blocks for element in block.get("elements", [])]
    code = [one["elements"][0]["text"] for one in blocks if one["type"] == "rich_text_preformatted"]
    count = "".join(code).count("@misc{") if pieces[0].startswith("@") else len(code) > 0
    said = "".join(block_kit.strings([one.blocks for one in found], "text"))
    if shown is None:
        assert 20 < count < 2000
        assert f"Here are {count} of 2000 entries." in said
    else:
        assert count == shown
        assert ("Here are" in said) == (shown < len(pieces))


def test_whoever_asks_reads_the_words_beside_a_paper_in_their_language_whatever_the_papers_are_in():
    asked = Reply("", Language.BOTH, cards=(card(1, reasons=REASONS),), locale="zh")
    said = "".join(block_kit.strings(reply_messages(asked)[0].blocks, "text"))
    assert "匹配原因：" in said
    assert "收藏" in said


def test_the_headings_of_an_answer_are_bold_and_nothing_else_of_it():
    (message,) = reply_messages(Reply("Start\n• list", Language.EN, headings=("Start",)))
    assert [each["text"] for each in elements(message._asdict()) if each.get("style")] == ["Start"]


def test_what_an_answer_offers_is_a_button_that_gives_the_command():
    (message,) = reply_messages(
        Reply("Subscribed.", Language.EN, offers=(Offer("Send me these now", "now id:7"),))
    )
    (row,) = [block for block in message.blocks if block["type"] == "actions"]
    (shown,) = row["elements"]
    assert (shown["text"]["text"], shown["value"]) == ("Send me these now", "now id:7")
