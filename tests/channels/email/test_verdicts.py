"""A mailbox is given up when it is gone, and never because its provider has a bad morning: by real answers."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.channels.email.verdicts import is_gone
from bot.errors import ChannelError
from tests.channels.email.test_sending import ADA, mail, refusal
from tests.channels.mailservers import Mailboxes, aiosmtpd

ANSWERS = tomllib.loads((Path(__file__).parent / "refusals.toml").read_text("utf-8"))
GONE = [(name, one) for name, known in ANSWERS.items() for one in known["gone"]]
LATER = [(name, one) for name, known in ANSWERS.items() for one in known["later"]]


def test_there_are_enough_answers_of_enough_providers():
    assert len(ANSWERS) >= 12
    assert len(GONE) + len(LATER) >= 80


@pytest.mark.parametrize(("provider", "answer"), GONE, ids=[f"{name}-{one[:40]}" for name, one in GONE])
def test_a_mailbox_that_is_not_there_is_given_up(provider, answer):
    assert is_gone(answer)


@pytest.mark.parametrize(("provider", "answer"), LATER, ids=[f"{name}-{one[:40]}" for name, one in LATER])
def test_a_refusal_of_another_kind_gives_up_no_mailbox(provider, answer):
    assert not is_gone(answer)


async def refused(answer: str, *, after_data: bool) -> ChannelError:
    mailboxes = Mailboxes(after_data=answer) if after_data else Mailboxes({ADA: answer})
    with aiosmtpd(mailboxes) as port:
        return await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))


@pytest.mark.parametrize("after_data", [False, True])
async def test_the_channel_judges_by_the_same_words_at_either_moment(after_data):
    assert (await refused("550 User not found: ada", after_data=after_data)).permanent
    assert not (await refused("550 Ip frequency limited", after_data=after_data)).permanent
    assert not (await refused("554 DT:SPM 163 smtp5", after_data=after_data)).permanent
