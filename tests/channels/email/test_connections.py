"""One connection carries many messages, and what happens to one of them does not happen to the others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels.email.connections import MOST_MESSAGES, PER_DOMAIN, Connections
from bot.channels.email.server import from_url
from bot.errors import ChannelError
from tests import PATIENCE
from tests.channels.mailservers import Mailboxes, aiosmtpd, scripted

PAPERS = "papers@sudi.test"
HELLO = b"Subject: x\r\n\r\nhello\r\n"
Way = Callable[..., Connections]


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    """Makes the way to a server on a port of this machine; closed at the end."""
    made: list[Connections] = []

    def to(port: int, **options: float) -> Connections:
        made.append(Connections(from_url(f"smtp://127.0.0.1:{port}?tls=none"), **options))
        return made[-1]

    yield to
    for one in made:
        await one.close()


def addresses(mailboxes: Mailboxes) -> list[str]:
    return [envelope.rcpt_tos[0] for envelope in mailboxes.taken]


async def test_many_messages_go_over_one_connection_until_it_has_carried_enough(way: Way):
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes) as port:
        mine = way(port)
        for number in range(MOST_MESSAGES):
            await mine.deliver(PAPERS, f"r{number}@reader.test", HELLO)
        assert mailboxes.connections == 1
        await mine.deliver(PAPERS, "last@reader.test", HELLO)
    assert mailboxes.connections == 2
    assert len(set(addresses(mailboxes))) == MOST_MESSAGES + 1


async def test_a_refusal_is_of_one_recipient_and_the_connection_goes_on(way: Way):
    mailboxes = Mailboxes({"gone@reader.test": "550 5.1.1 no such user", "grey@reader.test": "451 4.7.1 later"})
    with aiosmtpd(mailboxes) as port:
        mine = way(port)
        answers = []
        for name in ("a", "gone", "b", "grey", "c"):
            try:
                answers.append(await mine.deliver(PAPERS, f"{name}@reader.test", HELLO))
            except ChannelError as error:
                answers.append("gone" if error.permanent else "later")
    assert answers == ["250 OK queued as 4F2A", "gone", "250 OK queued as 4F2A", "later", "250 OK queued as 4F2A"]
    assert addresses(mailboxes) == ["a@reader.test", "b@reader.test", "c@reader.test"]
    assert mailboxes.connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_replaced_and_nobody_notices(way: Way):
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes, timeout=0.5) as port:
        mine = way(port)
        await mine.deliver(PAPERS, "a@reader.test", HELLO)
        await asyncio.sleep(0.8)
        await mine.deliver(PAPERS, "b@reader.test", HELLO)
    assert addresses(mailboxes) == ["a@reader.test", "b@reader.test"]
    assert mailboxes.connections == 2


async def test_a_connection_that_is_not_needed_leaves(way: Way):
    mailboxes = Mailboxes()
    has_left = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def quit_(_server: SMTP, _session: Session, _envelope: Envelope) -> str:
        loop.call_soon_threadsafe(has_left.set)
        return "221 Bye"

    mailboxes.handle_QUIT = quit_  # type: ignore[attr-defined]
    with aiosmtpd(mailboxes) as port:
        await way(port, idle_seconds=0.05).deliver(PAPERS, "a@reader.test", HELLO)
        await asyncio.wait_for(has_left.wait(), PATIENCE)


async def test_a_server_that_is_busy_is_left_alone_by_all(way: Way):
    async with scripted(["421 4.7.0 too many connections"]) as port:
        mine = way(port)
        for name in ("a", "b"):
            with pytest.raises(ChannelError) as caught:
                await mine.deliver(PAPERS, f"{name}@reader.test", HELLO)
            assert caught.value.retry_after is not None
            assert 290 < caught.value.retry_after.total_seconds() <= 300
    assert caught.value.reason == "127.0.0.1 has asked for a pause"


async def test_a_slow_domain_leaves_room_for_the_others(way: Way):
    inside: Counter[str] = Counter()
    most: Counter[str] = Counter()

    class Slow(Mailboxes):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            domain = envelope.rcpt_tos[0].partition("@")[2]
            inside[domain] += 1
            most[domain] = max(most[domain], inside[domain])
            await asyncio.sleep(0.2 if domain == "slow.test" else 0)
            inside[domain] -= 1
            return await super().handle_DATA(server, session, envelope)

    mailboxes = Slow()
    with aiosmtpd(mailboxes) as port:
        mine = way(port)
        names = [*(f"{n}@slow.test" for n in range(4)), *(f"{n}@quick.test" for n in range(2))]
        await asyncio.gather(*(mine.deliver(PAPERS, name, HELLO) for name in names))
    assert most["slow.test"] == PER_DOMAIN
    assert sorted(addresses(mailboxes)) == sorted(names)
    assert {name.partition("@")[2] for name in addresses(mailboxes)[:2]} == {"quick.test"}


async def test_a_domain_gets_mails_no_faster_than_it_likes_and_others_do_not_wait(way: Way):
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes) as port:
        mine = way(port, spacing_seconds=0.2)
        loop = asyncio.get_running_loop()
        ends: dict[str, float] = {}

        async def deliver(recipient: str) -> None:
            began = loop.time()
            await mine.deliver(PAPERS, recipient, HELLO)
            ends[recipient] = loop.time() - began

        slow = [f"r{number}@slow.test" for number in range(4)]
        await asyncio.gather(*map(deliver, [*slow, "a@other.test"]))
    assert sorted(addresses(mailboxes)) == sorted([*slow, "a@other.test"])
    assert ends[slow[-1]] >= 0.6
    assert ends["a@other.test"] < ends[slow[-1]]
