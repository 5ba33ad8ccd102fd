"""What does not add up begins with the word for it, on every channel; red is never its only sign."""

from __future__ import annotations

import email
import email.policy
import json

import pytest

from bot.channels import load
from bot.model import Coverage, Language
from tests.channels.cards import DAY, card, digest, settings
from tests.counterparts import block_kit, discord_schema
from tests.counterparts.discord_payloads import too_much

RIGHT = (Coverage("cs.LG", DAY, 138, 138),)
WRONG = (*RIGHT, Coverage("cs.CL", DAY, 95, 96))
SENTENCE = "Missing: 10 June cs.CL, 95 of 96 read (counts differ)"


def rendered(name: str, coverage=WRONG, language=Language.EN) -> str:
    chosen = settings(
        smtp_url="smtp://mail.test", smtp_from="papers@sudi.test", slack_bot_token="xoxb-1", discord_token="a.b.c"
    )
    channel = load(name, chosen)
    bodies = channel.render(digest(card(), coverage=coverage, language=language))
    return channel.preview(bodies) if name == "email" else bodies[0]


@pytest.mark.parametrize("name", ["console", "email", "slack", "discord"])
def test_of_a_day_that_adds_up_nothing_is_missing(name: str):
    body = rendered(name, RIGHT)
    assert "Missing" not in body
    assert "[red]" not in body


def test_the_terminal_prints_it_in_red():
    assert f"[red]{SENTENCE}[/]" in rendered("console")


def test_a_mail_has_it_in_red_and_in_its_text_part():
    mail = email.message_from_string(rendered("email"), policy=email.policy.default)
    html, plain = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert plain is not None
    (row,) = (line for line in html.get_content().splitlines() if SENTENCE in line)
    assert "color:#a3261b" in row
    assert SENTENCE in plain.get_content().splitlines()


def test_slack_says_it_above_the_list():
    message = json.loads(rendered("slack"))
    (element,) = (
        element
        for block in message["blocks"]
        if block["type"] == "rich_text"
        for section in block["elements"]
        for element in section["elements"]
        if SENTENCE in element.get("text", "")
    )
    assert element == {"type": "text", "text": SENTENCE}
    assert block_kit.faults(message) == []


def test_discord_says_it_below_the_list():
    message = json.loads(rendered("discord"))["message"]
    assert SENTENCE in message["embeds"][0]["description"].replace("\\", "")
    assert "color" not in message["embeds"][0]
    assert [*too_much(message), *discord_schema.faults("MessageCreateRequest", message)] == []
