"""What has become of earlier papers, on each channel: every line once, within the limits, and never as markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.channels.email.pages import MOST_BYTES, emails
from bot.digest import Digest, NoPapers, Why
from bot.model import Change, ChangeKind, Destination, Language
from tests.channels.cards import DAY, card, digest, paper
from tests.channels.email.test_message import parsed, raw
from tests.channels.slack import test_render as slack
from tests.channels.test_console import printed
from tests.channels.test_discord_digest import bodies, plain, stripped, within_limits
from tests.fakes import NINE

HOSTILE = "<b>bold</b> [red]*x*[/red] `code` <!here> @everyone"
EVERY = tuple(Change(paper(n, title=f"Lake {n} {HOSTILE}"), ChangeKind.WITHDRAWN) for n in range(1000, 1400))
WITH_PAPERS = digest(card(), language=Language.EN, changes=EVERY)
WITHOUT = digest(language=Language.EN, changes=EVERY, no_papers=NoPapers(Why.NOTHING_MATCHED, (DAY,), read=7))


def in_the_terminal(one: Digest) -> str:
    return printed(one, width=200)


def in_slack(one: Digest) -> str:
    found = slack.messages(one)
    slack.assert_valid(found)
    return slack.text_of(found)


def in_a_thread_of_discord(one: Digest) -> str:
    return on_discord(one, "thread")


def on_discord(one: Digest, style: str = "flat") -> str:
    destination = Destination(1, "discord", "700", Language.EN, NINE)
    messages = bodies(replace(one, destination=destination), style)
    within_limits(messages)
    return plain(messages)


def by_mail(one: Digest) -> str:
    made = emails(one, has_page=False)
    assert all(len(letter.html.encode()) <= MOST_BYTES for letter in made)
    found = [list(parsed(raw(letter)).iter_parts()) for letter in made]
    assert "<b>bold" not in "".join(html.get_content() for _, html in found)
    return "".join(text.get_content() for text, _ in found)


@pytest.mark.parametrize("one", [WITH_PAPERS, WITHOUT], ids=["with papers", "without papers"])
@pytest.mark.parametrize("read", [in_the_terminal, in_slack, in_a_thread_of_discord, on_discord, by_mail])
def test_every_change_is_said_once_within_the_limits(read: Callable[[Digest], str], one: Digest):
    shown = stripped(read(one))
    for change in EVERY:
        said = f"was withdrawn: {change.paper.title}"
        assert shown.count(stripped(said)) == 1
