"""A whole day with nothing faked: a page is read, readers are matched, a real mail server takes the digests."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from pydantic import SecretStr

from bot import app as root
from bot.channels import Invocation
from bot.demo import HandClock
from bot.settings import Settings
from bot.text.latex import readable
from tests.channels.mailservers import Mailboxes, aiosmtpd

PAGE = resources.files("bot.demo") / "day" / "2026-06-10.txt"
EVENING = datetime(2026, 6, 9, 18, tzinfo=UTC)
EVERYTHING = "cs.*, stat.*, math.*, hep-th, quant-ph"


def settings(url: str, port: int) -> Settings:
    fields = {name: field.default for name, field in Settings.model_fields.items()}
    return Settings.model_construct(
        **{
            **fields,
            "database_url": SecretStr(url),
            "bot_channels": ("email",),
            "bot_sources": ("arxivdaily",),
            "arxivdaily_page": str(PAGE),
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{port}?tls=none"),
            "smtp_from": "papers@sudi.test",
        }
    )


async def subscribed(app: root.App, *addresses: str, query: str = EVERYTHING) -> None:
    for address in addresses:
        reply = await app.commands(Invocation("email", address, address, f"subscribe {query}"))
        assert "1" in reply.text


async def next_morning(app: root.App, clock: HandClock) -> None:
    clock.now += timedelta(hours=16)
    await app.read()
    await app.plan()


def plain(message: bytes | str, kind: str) -> str:
    data = message if isinstance(message, bytes) else message.encode()
    body = email.message_from_bytes(data, policy=email.policy.default).get_body((kind,))
    assert body is not None
    return " ".join(body.get_content().split())


async def test_twenty_papers_in_both_languages_come_complete_and_a_second_run_sends_nothing(engine_url):
    mailboxes, clock = Mailboxes(), HandClock(EVENING)
    with aiosmtpd(mailboxes) as port:
        async with root.opened(settings(engine_url, port), clock) as app:
            await subscribed(app, "mei@sudi.test")
            clock.now += timedelta(hours=16)
            day = await app.read()
            assert day.ingested.new == 40
            assert await app.plan() == 1
            assert (await app.deliver())["email"].sent == 1
            await app.read()
            clock.now += timedelta(days=1)
            assert await app.plan() == 0
            assert await app.plan_all() == 0
            assert (await app.deliver())["email"].sent == 0
    assert {one.rcpt_tos[0] for one in mailboxes.taken} == {"mei@sudi.test"}
    assert len(mailboxes.taken) == 2, "Gmail would hide the end of a single one"
    text, page = (" ".join(plain(one.content, kind) for one in mailboxes.taken) for kind in ("plain", "html"))
    announced = day.readings["arxivdaily"].listings[0].announcements
    shown = [one for one in announced if f" {one.paper.id}" in text]
    assert len(shown) == 20
    assert text.count("https://arxiv.org/abs/") >= 20 + 3
    summaries = {one.paper_id: one for one in day.readings["arxivdaily"].listings[0].summaries}
    for one in shown:
        title = " ".join(readable(one.paper.title).split())
        assert title in text
        if one.paper.id in summaries:
            assert summaries[one.paper.id].title[:4] in text
            assert summaries[one.paper.id].title[:4] in page
    assert "more:" in text  # the cap is never silent: what is not shown whole is named


async def test_a_refused_recipient_is_paused_and_the_others_have_their_mail(engine_url):
    mailboxes, clock = Mailboxes({"gone@sudi.test": "550 5.1.1 no such user"}), HandClock(EVENING)
    with aiosmtpd(mailboxes) as port:
        async with root.opened(settings(engine_url, port), clock) as app:
            await subscribed(app, "a@sudi.test", "gone@sudi.test", "b@sudi.test", query="cs.LG")
            await next_morning(app, clock)
            tally = (await app.deliver())["email"]
            assert (tally.sent, tally.refused, tally.retried) == (2, 1, 0)
            async with app.store.read() as tx:
                gone = await tx.subscribers.destination("email", "gone@sudi.test")
                assert gone is not None
                assert "550" in gone.paused
                assert len(await tx.subscribers.subscriptions(gone.id)) == 1
                assert (await tx.outbox.counts()) == {"sent": 2, "dead": 1}
    assert {taken.rcpt_tos[0] for taken in mailboxes.taken} == {"a@sudi.test", "b@sudi.test"}


async def test_a_server_that_is_down_is_tried_again_later_and_then_has_each_mail_once(engine_url):
    mailboxes, clock = Mailboxes(), HandClock(EVENING)
    with aiosmtpd(mailboxes) as port:
        pass  # a port on which nobody listens any more
    async with root.opened(settings(engine_url, port), clock) as app:
        await subscribed(app, "mei@sudi.test", query="cs.LG")
        clock.now += timedelta(hours=16)
        await app.read()
        await app.plan()
        assert (await app.deliver())["email"].retried == 1
        assert (await app.deliver())["email"].retried == 0  # not before its pause is over
        clock.now += timedelta(minutes=1)
        assert (await app.deliver())["email"].retried == 1
    with aiosmtpd(mailboxes) as port:
        async with root.opened(settings(engine_url, port), clock) as app:
            clock.now += timedelta(minutes=1)
            assert (await app.deliver())["email"].sent == 0  # the second pause is two minutes
            clock.now += timedelta(minutes=1)
            assert (await app.deliver())["email"].sent == 1
            assert (await app.deliver())["email"].sent == 0
    assert len(mailboxes.taken) == 1


@pytest.mark.parametrize("status", ["451 4.7.1 greylisted", "452 4.2.2 mailbox full"])
async def test_a_mailbox_that_says_later_is_tried_later(engine_url, status):
    mailboxes, clock = Mailboxes({"grey@sudi.test": status}), HandClock(EVENING)
    with aiosmtpd(mailboxes) as port:
        async with root.opened(settings(engine_url, port), clock) as app:
            await subscribed(app, "grey@sudi.test", query="cs.LG")
            await next_morning(app, clock)
            assert (await app.deliver())["email"].retried == 1
            mailboxes._refusals.clear()
            clock.now += timedelta(minutes=5)
            assert (await app.deliver())["email"].sent == 1
    assert len(mailboxes.taken) == 1


async def test_a_query_that_goes_before_its_digest_does_takes_the_papers_back(engine_url):
    mailboxes, clock = Mailboxes(), HandClock(EVENING)
    with aiosmtpd(mailboxes) as port:
        async with root.opened(settings(engine_url, port), clock) as app:
            await subscribed(app, "mei@sudi.test", query="cs.LG")
            await next_morning(app, clock)
            await app.commands(Invocation("email", "mei@sudi.test", "mei@sudi.test", "unsubscribe all"))
            assert (await app.deliver())["email"].papers == 0
            async with app.store.read() as tx:
                destination = await tx.subscribers.destination("email", "mei@sudi.test")
                assert destination is not None
                assert await tx.carried.fate(destination.id, "2606.90001") is None
    assert mailboxes.taken == []
