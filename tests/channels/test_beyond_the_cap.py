"""What a digest has no room for, on each channel: named with its link, or found where the digest says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from bot.channels import Reply
from bot.channels.email.answers import answer
from bot.channels.email.incoming import ParsedEmail
from bot.channels.email.message import written
from bot.channels.email.pages import MOST_BYTES, emails
from bot.digest import NAMED, PAGE, Card, Digest, NoPapers, Report, Why, compose, in_turn, standing
from bot.model import Destination, Language
from tests.channels.cards import DAY, card, digest, paper, summary
from tests.channels.email.test_message import ADA, NOW, SENDER, parsed, raw
from tests.channels.slack import test_render as slack
from tests.channels.test_console import printed
from tests.channels.test_discord_digest import bodies, within_limits
from tests.fakes import NINE

HOSTILE = "<b>bold</b> [red]*x*[/red] `code` <!here> @everyone [x](http://evil.test) \\"
INCOMING = ParsedEmail("1", "ada@reader.test", "today", (), (), "")
BEFORE = DAY - timedelta(days=1)


def of(*cards: Card, language: Language = Language.EN, address: str = "700") -> Digest:
    """A digest with three papers whole."""
    destination = Destination(1, "fake", address, language, NINE)
    return compose("41", destination, in_turn(cards, standing), report=Report(digest().coverage), cap=3)


def in_the_terminal(one: Digest) -> str:
    return printed(one, width=500)


def in_slack(one: Digest) -> str:
    found = slack.messages(one)
    slack.assert_valid(found)
    return json.dumps(found, ensure_ascii=False)


def in_a_thread_of_discord(one: Digest) -> str:
    messages = bodies(one, "thread")
    within_limits(messages)
    return json.dumps(messages, ensure_ascii=False)


def on_discord(one: Digest) -> str:
    messages = bodies(one, "flat")
    within_limits(messages)
    return json.dumps(messages, ensure_ascii=False)


def by_mail(one: Digest, *, takes_commands: bool = True) -> str:
    made = emails(one, has_page=False, takes_commands=takes_commands)
    sent = [list(parsed(raw(letter)).iter_parts()) for letter in made]
    assert all(len(part.as_bytes()) <= MOST_BYTES for parts in sent for part in parts)
    assert "<b>bold" not in "".join(html.get_content() for _, html in sent)
    return "".join(text.get_content() for text, _ in sent)


READERS = [in_the_terminal, in_slack, in_a_thread_of_discord, on_discord, by_mail]


@pytest.mark.parametrize("read", READERS)
def test_what_the_cap_leaves_out_is_named_with_its_link(read: Callable[[Digest], str]):
    said = read(of(*(card(number) for number in range(1, NAMED + 4))))
    for number in range(1, NAMED + 4):
        assert f"https://arxiv.org/abs/{paper(number).id}" in said
        assert said.count(f"Tidal {number}:") >= 1
    assert f"and {NAMED} more:" in said
    assert "today 20" not in said, "there is nothing beyond"


COMMANDS = [
    (in_the_terminal, "{n} more of {when}: today {day} {page}"),
    (in_slack, "{n} more of {when}: /papers today {day} {page}"),
    (in_a_thread_of_discord, "{n} more of {when}: /papers today date:{day} page:{page}"),
    (on_discord, "{n} more of {when}: /papers today date:{day} page:{page}"),
    (by_mail, "{n} more of {when}. To see them, send a mail with the subject: today {day} {page}"),
]


@pytest.mark.parametrize(("read", "form"), COMMANDS)
def test_further_papers_are_on_a_page_that_people_can_ask_for_there(read: Callable[[Digest], str], form: str):
    of_two_days = [card(number, date=DAY if number % 2 else BEFORE) for number in range(1, 301)]
    said = read(of(*of_two_days))
    assert f"and 297 more, of which these are {NAMED}:" in said
    assert form.format(n=98, day=DAY, when="10 June", page=3) in said
    assert form.format(n=99, day=BEFORE, when="9 June", page=3) in said


def test_a_mail_names_everything_where_no_commands_are_taken_by_mail():
    said = by_mail(of(*(card(number) for number in range(1, 301))), takes_commands=False)
    assert all(f"https://arxiv.org/abs/{paper(number).id}" in said for number in range(1, 301))
    assert "and 297 more:" in said
    assert "send a mail" not in said


def test_in_direct_messages_of_discord_the_commands_are_those_that_are_offered_there():
    said = in_a_thread_of_discord(of(*(card(number) for number in range(1, 301)), address="@42"))
    assert f"/my today date:{DAY} page:6" in said
    assert "/papers" not in said
    silent = replace(of(address="@42"), no_papers=NoPapers(Why.NOTHING_MATCHED, (DAY,), read=7))
    assert "The nearest misses: /my why" in in_a_thread_of_discord(silent)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("read", READERS)
def test_it_is_said_in_the_readers_language(read: Callable[[Digest], str], language: Language):
    said = read(of(*(card(number) for number in range(1, 201)), language=language))
    assert ("of which these are 100" in said) == (language.plain is not Language.ZH)
    assert ("其中 100 篇" in said) == (language.plain is Language.ZH)


def long(number: int, title: str, times: int, **changes: Any) -> Card:
    text = f"{title} " * times
    return card(number, title=text, summary=summary(paper(number), title=text), **changes)


visible = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@trials(max_examples=6)
@given(visible, st.integers(1, 40), st.integers(4, 140), st.sampled_from(Language))
@example(HOSTILE, 40, 130, Language.BOTH)
@example("量化键值缓存，" * 5, 40, 130, Language.BOTH)
@example("kv cache", 60, 130, Language.EN)
@example("𝔘🏴‍☠️", 40, 130, Language.ZH)
def test_whatever_the_titles_are_the_limits_hold_and_every_paper_is_linked(
    title: str, times: int, count: int, language: Language
):
    one = of(*(long(number, title, times) for number in range(1, count + 1)), language=language)
    for read in READERS:
        said = read(one)
        for shown in (*one.cards, *one.named):
            assert shown.paper.url in said
        for further in one.further:
            assert f"{further.date}" in said
            assert f"{further.page}" in said


@pytest.mark.parametrize("text", ["Tides and", "量化键值缓存的"])
def test_an_answer_by_mail_names_what_it_has_no_room_for(text: str):
    cards = tuple(long(number, text, 12, abstract=f"{text} " * 400) for number in range(1, PAGE + 1))
    mail = parsed(written(answer(Reply("2026", Language.BOTH, cards), INCOMING), SENDER, ADA, NOW))
    assert len(mail.as_bytes()) <= MOST_BYTES
    said = mail.get_content()
    assert cards[0].paper.abstract.strip() in said
    assert all(one.paper.url in said for one in cards)
