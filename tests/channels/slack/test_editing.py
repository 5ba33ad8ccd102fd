"""A message that was posted is changed, on local-slack, through its real API."""

from __future__ import annotations

import pytest

from bot.errors import ChannelError
from tests.channels.cards import card, digest
from tests.counterparts.slack_edge import ML, TEAM

PLACE = f"{TEAM}/{ML}"


async def test_a_posted_message_gets_another_text_and_stays_one_message(slack, ours):
    assert ours.has_edits
    first, second = ours.render(digest(card(1))), ours.render(digest(card(1), card(2)))
    reference = await ours.send(PLACE, first[0], "41.1")
    for _ in range(2):
        await ours.edit(PLACE, reference, second[0], "")
    assert len(slack.posted(ML)) == 1
    history = await (await ours._client(TEAM)).conversations_history(channel=ML)
    (message,) = [one for one in history["messages"] if one["ts"] == reference.partition("/")[2]]
    assert "2 papers" in message["text"]


async def test_a_message_that_is_gone_is_a_final_refusal(slack, ours):
    body = ours.render(digest(card(1)))[0]
    with pytest.raises(ChannelError) as caught:
        await ours.edit(PLACE, f"{ML}/1700000000.000001", body, "")
    assert caught.value.permanent
