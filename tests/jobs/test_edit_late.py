"""Texts that come after the digest are put into its messages: once, whole, and not into mails."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.digest import Digest
from bot.errors import ChannelError
from bot.jobs.compose import Composer
from bot.jobs.edit_late import LateEditor
from bot.model import Language
from bot.store import schema
from bot.store.texts import Made
from tests.fakes import (
    MORNING,
    FakeChannel,
    HandClock,
    courier,
    matched,
    paper,
    planned,
    rows,
    subscribed,
)


@dataclass
class FakeEditor(FakeChannel):
    """A channel whose messages show the Chinese title, and can be changed."""

    has_edits = True
    messages: dict[str, str] = field(default_factory=dict)
    trouble: ChannelError | None = None
    gone: set[str] = field(default_factory=set)

    def render(self, digest: Digest) -> tuple[str, ...]:
        """A message with all titles, and for each paper with Chinese texts one of its own."""
        titles = [card.summary.title if card.summary else card.paper.title for card in digest.cards]
        return (" | ".join(titles), *(f"{each.paper.id}v1 more" for each in digest.cards if each.summary))

    async def send(self, address: str, body: str, key: str) -> str:
        """Keep the message under its reference."""
        reference = await FakeChannel.send(self, address, body, key)
        self.messages[reference] = body
        return reference

    async def edit(self, address: str, reference: str, body: str, root: str) -> None:
        """Change it."""
        if self.trouble:
            raise self.trouble
        if reference in self.gone:
            raise ChannelError("the message is gone", permanent=True)
        self.messages[reference] = body


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def sent_without(store, clock, channel, *papers, address="#tides"):
    destination, (subscription,) = await subscribed(store, address=address)
    async with store.write() as tx:
        await tx.subscribers.set_language(destination.id, Language.BOTH)
    await matched(store, subscription, *papers)
    await planned(store)
    await courier(store, channel, clock).drain()
    clock.forward(minutes=30)
    return subscription


async def come(store, clock, *numbers):
    async with store.write() as tx:
        for number in numbers:
            made = [
                Made(Language.ZH, name, "llm:one", "1", "hash", f"{name} {number}")
                for name in ("title", "abstract")
            ]
            await tx.texts.add((paper(number).id, 1), made, clock())
    clock.forward(minutes=1)


def late_editor(store, channel, clock):
    return LateEditor(store, channel, Composer(store, cap=50, clock=clock), clock)


async def test_what_came_late_is_put_into_the_message_and_more_messages_follow_once(store, clock):
    channel = FakeEditor()
    await sent_without(store, clock, channel, paper(1), paper(2))
    (reference,) = channel.messages
    before = channel.messages[reference]
    assert await late_editor(store, channel, clock).fill() == 0, "nothing has come"
    await come(store, clock, 1)
    assert await late_editor(store, channel, clock).fill() == 1
    await courier(store, channel, clock).drain()
    assert channel.messages[reference] != before
    assert "title 1" in channel.messages[reference]
    assert list(channel.messages.values())[1:] == [f"{paper(1).id}v1 more"]
    await come(store, clock, 2)
    assert await late_editor(store, channel, clock).fill() == 1
    await courier(store, channel, clock).drain()
    assert len(channel.messages) == 3
    assert await late_editor(store, channel, clock).fill() == 0
    assert [row.lacks for row in await rows(store, schema.delivery)] == [False]


async def test_an_edit_that_fails_is_tried_again_and_a_message_that_is_gone_is_left_alone(store, clock):
    channel = FakeEditor()
    await sent_without(store, clock, channel, paper(1))
    await come(store, clock, 1)
    channel.trouble = ChannelError("busy")
    assert await late_editor(store, channel, clock).fill() == 0
    channel.trouble = ChannelError("gone", permanent=True)
    assert await late_editor(store, channel, clock).fill() == 1
    assert await late_editor(store, channel, clock).fill() == 0
    assert len(channel.arrived) == 1


async def test_of_several_messages_those_that_are_still_there_are_filled_in(store, clock):
    channel = FakeEditor()
    await sent_without(store, clock, channel, paper(1), paper(2))
    await come(store, clock, 1)
    await late_editor(store, channel, clock).fill()
    await courier(store, channel, clock).drain()
    first, second = channel.messages
    channel.gone = {first}
    before = channel.messages[second]
    await come(store, clock, 2)
    channel.messages[second] = ""
    assert await late_editor(store, channel, clock).fill() == 1
    assert channel.messages[second] == before
    await courier(store, channel, clock).drain()
    assert list(channel.messages.values())[2:] == [f"{paper(2).id}v1 more"]


async def test_digests_that_cannot_be_edited_now_stand_in_nobodys_way(store, clock, monkeypatch):
    monkeypatch.setattr("bot.jobs.edit_late._AT_A_TIME", 1)
    channel = FakeEditor()
    await sent_without(store, clock, channel, paper(1))
    await sent_without(store, clock, channel, paper(2), address="#second")
    await come(store, clock, 1, 2)
    stuck, well = channel.messages
    one = late_editor(store, channel, clock)
    channel.trouble = ChannelError("busy")
    assert await one.fill() == 0
    channel.trouble = None
    assert await one.fill() == 1
    assert "title" in channel.messages[well]
    assert "title" not in channel.messages[stuck]
    clock.forward(minutes=6)
    assert await one.fill() == 1
    assert "title" in channel.messages[stuck]


async def test_a_digest_tells_of_the_same_papers_whatever_is_asked_for_by_then(store, clock):
    channel = FakeEditor()
    subscription = await sent_without(store, clock, channel, paper(1), paper(2))
    (before,) = channel.messages.values()
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(subscription.id)
    await come(store, clock, 2)
    assert await late_editor(store, channel, clock).fill() == 1
    await courier(store, channel, clock).drain()
    assert list(channel.messages.values()) == [before.replace(paper(2).title, "title 2"), f"{paper(2).id}v1 more"]


async def test_mails_and_english_digests_and_old_ones_are_never_filled_in(store, clock):
    mail = FakeChannel()
    await sent_without(store, clock, mail, paper(1))
    await come(store, clock, 1)
    assert await late_editor(store, mail, clock).fill() == 0
    assert [row.lacks for row in await rows(store, schema.delivery)] == [False]


async def test_what_is_older_than_a_week_is_left_alone(store, clock):
    channel = FakeEditor()
    await sent_without(store, clock, channel, paper(1))
    clock.now = MORNING + timedelta(days=8)
    await come(store, clock, 1)
    assert await late_editor(store, channel, clock).fill() == 0
