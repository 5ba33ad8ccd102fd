"""A channel looks at its lease directly before the write that cannot be undone, however long it was away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web

from bot.channels import Channel
from bot.channels.discord import Discord
from bot.channels.email import channel as email_channel
from bot.channels.slack import channel as slack_channel
from bot.errors import ChannelError, LeaseLostError
from bot.leases import Lease, Moment, acting_under
from tests.channels import cards
from tests.channels.cards import card, digest
from tests.channels.mailservers import Mailboxes, aiosmtpd
from tests.channels.slack.conftest import settings as slack_settings
from tests.counterparts.discord_site import DiscordSite
from tests.counterparts.slack_edge import ML, TEAM, SlackEdge
from tests.fakes import MORNING, HandClock


def body(channel: Channel) -> str:
    return channel.render(digest(card(1)))[0]


def test_a_lease_is_counted_from_before_it_was_asked_for_and_may_be_renewed():
    clock = HandClock()
    asked = Moment.now(clock)
    clock.forward(seconds=20)
    lease = Lease(clock, asked, timedelta(seconds=30))
    clock.forward(seconds=9)
    assert lease.is_ours()
    clock.forward(seconds=1)
    assert not lease.is_ours()
    lease.extend(Moment.now(clock), timedelta(seconds=30))
    assert lease.is_ours()
    lease.end()
    assert not lease.is_ours()


def test_a_clock_that_is_set_back_does_not_make_a_lease_last_longer():
    clock = HandClock()
    lease = Lease(clock, Moment.now(clock), timedelta(seconds=0))
    clock.forward(hours=-1)
    assert not lease.is_ours()


async def test_a_mail_whose_lease_ends_before_its_content_goes_is_not_sent():
    clock = HandClock()

    class Slow(Mailboxes):
        async def handle_RCPT(self, *values) -> str:
            clock.forward(minutes=1)
            return await super().handle_RCPT(*values)

    mailboxes = Slow()
    with aiosmtpd(mailboxes) as port:
        url = f"smtp://127.0.0.1:{port}?tls=none"
        ours = email_channel(cards.settings(smtp_url=url, smtp_from="papers@sudi.test"))
        lease = Lease(clock, Moment.now(clock), timedelta(seconds=30))
        with acting_under(lease), pytest.raises(LeaseLostError):
            await ours.send("ada@reader.test", body(ours), "1.1")
        assert mailboxes.taken == []
        await ours.send("ada@reader.test", body(ours), "1.1")  # what was broken off harms no other
        assert len(mailboxes.taken) == 1
        await ours.close()


async def test_discord_is_not_asked_once_more_when_the_lease_has_ended_meanwhile(
    ours: Discord, discord: DiscordSite
):
    await ours.send("701", body(ours), "0.1")  # logged in
    asked = len(discord.requests)

    def clock():  # answers take a minute
        return MORNING + timedelta(minutes=len(discord.requests))

    lease = Lease(clock, Moment.now(clock), timedelta(seconds=30))
    discord.next("/channels/700/messages", web.Response(status=502))
    with acting_under(lease), pytest.raises(LeaseLostError):
        await ours.send("700", body(ours), "1.1")
    assert len(discord.requests) == asked + 1
    assert discord.bodies("700") == []


async def test_slack_is_not_asked_when_the_lease_is_over(slack: SlackEdge):
    clock = HandClock()
    ours = slack_channel(slack_settings(slack))
    lease = Lease(clock, Moment.now(clock), timedelta(seconds=30))
    address = f"{TEAM}/{ML}"
    with acting_under(lease):
        await ours.send(address, body(ours), "1.1")
        clock.forward(minutes=1)
        with pytest.raises(LeaseLostError):
            await ours.send(address, body(ours), "1.2")
    await ours.send(address, body(ours), "1.3")
    await ours.close()
    assert len(slack.posted(ML)) == 2


class StoppedAfterOneLook(Lease):
    """The lease of a process that stands still behind its first look."""

    _looks = 0

    def is_ours(self) -> bool:
        self._looks += 1
        return self._looks == 1


async def test_slack_gets_no_message_of_a_process_that_stood_still_between_headers_and_body(slack: SlackEdge):
    clock = HandClock()
    ours = slack_channel(slack_settings(slack))
    await ours.send(f"{TEAM}/{ML}", body(ours), "1.1")
    lease = StoppedAfterOneLook(clock, Moment.now(clock), timedelta(seconds=30))
    with acting_under(lease), pytest.raises((LeaseLostError, ChannelError)):
        await ours.send(f"{TEAM}/{ML}", body(ours), "1.2")
    await ours.close()
    assert len(slack.posted(ML)) == 1
