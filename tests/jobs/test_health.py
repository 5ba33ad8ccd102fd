"""Every trouble is told by /healthz, `sudi health`, `sudi doctor` and to admins, in the same words."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections import namedtuple
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from bot.channels import Channel
from bot.cli import sudi
from bot.health import AWAY_SECONDS, BUSY_SECONDS, FAILING_SECONDS, SMALL, Connection, Kind, Trouble
from bot.jobs.alert import Admins, Alerts
from bot.jobs.configuration import of_settings
from bot.jobs.health import ALIVE, Health, examined
from bot.metrics import text_of
from bot.model import Language
from bot.presentation.health import trouble_line, trouble_lines
from bot.settings import Settings
from bot.sources.calendar import newest
from bot.store import Store, schema
from bot.store.conversations import StoredConversations
from bot.store.spending import Spent
from tests.fakes import FakeTeller, HandClock, RunningClock, listing, paper, subscribed, waiting

Made = Callable[["House"], Awaitable[None]]


class House:
    """A running process, whose time can be moved."""

    def __init__(self, store: Store, environment: pytest.MonkeyPatch) -> None:
        self.store = store
        self.environment = environment
        self.clock = HandClock(datetime.now(UTC))
        self.seconds = 1_000.0
        self.channel = FakeTeller()
        self.channel.__dict__["connection"] = Connection(lambda: self.seconds)
        self.configured: list[Trouble] = []
        self.health = self.process("this")

    def process(self, name: str) -> Health:
        channels: dict[str, Channel] = {"fake": self.channel}
        found = Health(self.store, channels, self.clock, process=name, configured=self.configured)
        found.pulses._clock = lambda: self.seconds
        return found

    @property
    def admins(self) -> Alerts:
        named = Admins(["fake:boss"], {"fake": self.channel}, Language.EN)
        return Alerts(self.store, named, self.clock, troubles=self.health.troubles)


async def _refused(house: House) -> None:
    house.channel.connection.refused("invalid_auth")


async def _away(house: House) -> None:
    house.channel.connection.away("ConnectionError")
    house.seconds += AWAY_SECONDS


async def _failing(house: House) -> None:
    async def work() -> None:
        raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await house.health.pulses.felt("read", work)()
        house.seconds += FAILING_SECONDS


async def _stuck_loop(house: House) -> None:
    house.tasks = asyncio.create_task(house.health.pulses.felt("plan", asyncio.Event().wait)())  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    house.seconds += BUSY_SECONDS


async def _missing(house: House) -> None:
    async with house.store.write() as tx:
        await tx.faults.open(
            "arxiv_feed", "cs.LG", newest(house.clock.now), "HTTP 503", house.clock.now - ALIVE * 8
        )


async def _day_unread(house: House) -> None:
    async with house.store.write() as tx:
        await tx.listings.watch(["cs.LG"], date(2020, 1, 1))


async def _unmatched(house: House) -> None:
    values = {"id": 1, "kind": "day", "papers": b"", "opened_at": house.clock.now - timedelta(hours=3)}
    async with house.store.write() as tx:
        await tx.connection.execute(schema.batch.insert().values(values))


async def _unplanned(house: House) -> None:
    await subscribed(house.store, now=house.clock.now - timedelta(days=5))
    async with house.store.write() as tx:
        await tx.connection.execute(schema.slot.update().values(next_due=house.clock.now - timedelta(hours=3)))


async def _overdue(house: House, state: str = "ready") -> None:
    ago = house.clock.now - timedelta(hours=3)
    destination, _ = await subscribed(house.store, now=house.clock.now)
    values = {"destination_id": destination.id, "slot_due": ago, "state": state, "due_at": ago, "created_at": ago}
    values |= {"channel": "fake", "reason": "550 busy"}
    async with house.store.write() as tx:
        await tx.connection.execute(schema.delivery.insert().values(values))


async def _held(house: House) -> None:
    await _overdue(house, "unsure")


async def _clock(house: House) -> None:
    async with house.store.write() as tx:
        await tx.papers.add([listing("cs.LG", paper(1))], [], house.clock.now + timedelta(days=8))


async def _direct_paused(house: House) -> None:
    await StoredConversations(house.store, "discord", house.clock).pause(timedelta(hours=1))


async def _misspelt(house: House) -> None:
    house.environment.setenv("BOT_TIMZONE", "Asia/Shanghai")
    house.configured += of_settings(Settings())


async def _deaf(house: House) -> None:
    house.environment.setenv("BOT_ADMINS", "slack:T1/U1")
    house.configured += of_settings(Settings())


async def _unread(house: House) -> None:
    for name, value in (("BOT_CHANNELS", "email"), ("SMTP_URL", "smtp://127.0.0.1:1"), ("SMTP_FROM", "a@b.test")):
        house.environment.setenv(name, value)
    house.configured += of_settings(Settings())


TROUBLES: dict[Kind, Made] = {
    Kind.SETTING_UNKNOWN: _misspelt,
    Kind.ADMINS_DEAF: _deaf,
    Kind.MAILS_UNREAD: _unread,
    Kind.CHANNEL_REFUSED: _refused,
    Kind.CHANNEL_AWAY: _away,
    Kind.LOOP_FAILING: _failing,
    Kind.LOOP_STUCK: _stuck_loop,
    Kind.DIRECT_PAUSED: _direct_paused,
    Kind.MISSING: _missing,
    Kind.DAY_UNREAD: _day_unread,
    Kind.UNMATCHED: _unmatched,
    Kind.UNPLANNED: _unplanned,
    Kind.STUCK: _overdue,
    Kind.HELD: _held,
    Kind.CLOCK: _clock,
}
"""What is wrong while a process runs that can say so."""

WITH_A_TEST_OF_ITS_OWN = {
    Kind.SPACE: "test_a_full_disk_is_told_everywhere",
    Kind.LOOP_DEAD: "test_a_loop_of_a_process_that_has_ended_without_a_word_is_missed_until_another_has_it",
    Kind.DATABASE_AWAY: "test_a_database_that_is_away_old_or_not_there_is_said",
    Kind.DATABASE_EMPTY: "test_a_database_that_is_away_old_or_not_there_is_said",
    Kind.DATABASE_OLD: "test_a_database_that_is_away_old_or_not_there_is_said",
    Kind.NOT_RUNNING: "test_no_process_is_missed_by_who_looks_from_outside",  # and nobody is there to tell admins
    Kind.PORT_TAKEN: "test_what_keeps_the_bot_from_starting_is_said_by_doctor_and_at_the_start",
    Kind.NO_CHANNEL: "test_what_keeps_the_bot_from_starting_is_said_by_doctor_and_at_the_start",
}
"""What is told as far as somebody is there to tell it."""


def test_every_kind_of_trouble_is_tried():
    assert TROUBLES.keys() | WITH_A_TEST_OF_ITS_OWN.keys() == set(Kind)
    assert len(Kind) >= 20
    assert set(WITH_A_TEST_OF_ITS_OWN.values()) <= globals().keys()


@pytest.fixture
def house(sqlite_store, monkeypatch, tmp_path) -> House:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_store.url)
    monkeypatch.setenv("BOT_SOURCES", ",")
    monkeypatch.setenv("BOT_ARXIV_HOLIDAYS", ",")
    return House(sqlite_store, monkeypatch)


async def said(*words: str) -> tuple[int, str]:
    """What a command prints, and its exit code."""
    done = await asyncio.to_thread(CliRunner().invoke, sudi, list(words))
    return done.exit_code, done.stdout


@pytest.mark.parametrize("kind", TROUBLES)
async def test_a_trouble_is_told_everywhere_in_the_same_words(house, kind):
    if kind is Kind.DAY_UNREAD:
        while (now := house.clock.now).isoweekday() in (6, 7, 1) or not 9 <= now.hour < 23:
            house.clock.forward(hours=-1)
    await TROUBLES[kind](house)
    await house.health.beat()
    is_well, sentences = await house.health.report()
    assert is_well == (kind in SMALL)
    (trouble,) = [one for one in await house.health.troubles() if one.kind is kind]
    (sentence,) = trouble_lines([trouble], "en")
    assert sentence in sentences, "/healthz"
    if kind is Kind.CLOCK:
        sentence = sentence.partition(":")[0]  # what follows is the time, which goes on
    if kind is not Kind.DAY_UNREAD:  # commands go by the clock of the machine
        assert sentence in (await said("health"))[1]
        assert (await said("health"))[0] == (kind not in SMALL)
        code, doctor = await said("doctor")
        assert sentence in doctor
        assert code == 1
    await house.admins.tell()
    assert sentence in "\n".join(text for _, text, _ in house.channel.told)
    before = len(house.channel.told)
    await house.admins.tell()
    assert len(house.channel.told) == before, "once"
    tasks = getattr(house, "tasks", None)
    if tasks:
        tasks.cancel()


async def test_a_house_in_which_nothing_is_wrong_is_well(house):
    await house.health.beat()
    assert await house.health.report() == (True, ["ok"])
    assert await said("health") == (0, "ok\n")


async def test_a_full_disk_is_told_everywhere(house, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 1000))
    await house.health.beat()
    is_well, (sentence,) = await house.health.report()
    assert not is_well
    assert sentence.startswith("The disk is nearly full")
    assert sentence in (await said("health"))[1]
    assert sentence in (await said("doctor"))[1]
    await house.admins.tell()
    assert house.channel.told[0][1] == sentence


async def test_no_process_is_missed_by_who_looks_from_outside(house):
    code, text = await said("health")
    assert (code, text) == (1, "No sudi process has given a sign of life for minutes: start `sudi run`.\n")
    assert text.strip() in (await said("doctor"))[1]


async def test_a_loop_of_a_process_that_has_ended_without_a_word_is_missed_until_another_has_it(house):
    other = house.process("other")
    other.pulses.felt("read", asyncio.Event().wait)
    await other.beat()
    house.clock.forward(minutes=-ALIVE.total_seconds() / 60)
    async with house.store.write() as tx:
        await tx.connection.execute(schema.heartbeat.update().values(at=house.clock.now))
    house.clock.now = datetime.now(UTC)
    await house.health.beat()
    (dead,) = [one for one in await examined(house.store, house.clock()) if one.kind is Kind.LOOP_DEAD]
    (sentence,) = trouble_lines([dead], "en")
    assert sentence.startswith("`read` is not running: its process ended")
    assert sentence in (await said("health"))[1]
    assert sentence in (await said("doctor"))[1]
    await house.health.beat()
    house.health.pulses.felt("read", asyncio.Event().wait)
    await house.health.beat()
    assert await said("health") == (0, "ok\n")


async def test_a_process_that_ends_in_good_order_is_not_missed(store):
    one, clock = Health(store, {}, RunningClock(), process="p" * 300), RunningClock()
    one.pulses.felt("read", asyncio.Event().wait)
    await one.beat()
    async with store.read() as tx:
        (sign,) = await tx.heartbeats.known()
    assert (sign.process, sign.loops) == ("p" * 120, ("read",))
    assert await examined(store, clock()) == []
    await one.end()
    assert [one.kind for one in await examined(store, clock())] == [Kind.NOT_RUNNING]


async def test_a_database_that_is_away_old_or_not_there_is_said(house, monkeypatch, tmp_path):
    async with house.store.write() as tx:
        await tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    (old,) = (await house.health.report())[1]
    admins = house.admins
    for _ in range(3):
        await admins.tell()
    assert [text for _, text, _ in house.channel.told] == [old], "once, though nothing can be written down"
    assert old == "The database is from another version: run `sudi migrate`."
    for words in ("health", "doctor"):
        assert old in (await said(words))[1]
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere' / 'sudi.db'}")
    for words in ("health", "doctor"):
        assert "The database cannot be used: DATABASE_URL: there is no folder" in (await said(words))[1]
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'later.db'}")
    for words in ("health", "doctor"):
        assert "The database is not there yet: `sudi migrate` or `sudi run` makes it." in (await said(words))[1]
    assert not (tmp_path / "later.db").exists(), "to look leaves nothing behind"


async def test_what_keeps_the_bot_from_starting_is_said_by_doctor_and_at_the_start(house, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("BOT_LISTEN", f"127.0.0.1:{taken.getsockname()[1]}")
        _, doctor = await said("doctor")
    assert trouble_line(Kind.PORT_TAKEN, reason="R").removeprefix("R.") in doctor
    assert trouble_line(Kind.NO_CHANNEL) in doctor
    monkeypatch.setenv("BOT_CHANNELS", "console")
    monkeypatch.setenv("BOT_TIMZONE", "UTC")
    done = await asyncio.to_thread(CliRunner().invoke, sudi, ["run"])
    assert "BOT_TIMZONE: there is no such setting; did you mean BOT_TIMEZONE?" in done.stderr


async def test_one_line_a_day_says_that_the_bot_works(house, caplog):
    caplog.set_level("INFO", "bot")
    await waiting(house.store, 2)
    for _ in range(3):
        await house.health.beat()
    (line,) = [one.getMessage() for one in caplog.records if one.message.startswith("day ")]
    assert "read=nothing announcements=0 claimed=0 destinations=2 sent=0" in line
    house.clock.forward(days=1)
    await house.health.beat()
    assert len([one for one in caplog.records if one.getMessage().startswith("day ")]) == 2


async def test_the_numbers_are_those_of_the_store(house):
    async with house.store.write() as tx:
        await tx.papers.add([listing("cs.LG", paper(1), paper(2))], [], house.clock.now - timedelta(minutes=1))
        asked = Spent(tokens=1200, cost=450_000, calls=1)
        await tx.spending.book(house.clock.now.date(), asked, most_tokens=0, most_cost=0)
    await _overdue(house)
    said_ = text_of(await house.health.measured())
    assert 'sudi_announcements_read{date="2026-06-10"} 2' in said_
    assert 'sudi_announcements_claimed{date="2026-06-10"} 2' in said_
    assert "sudi_read_lag_seconds 60" in said_
    assert 'sudi_deliveries{channel="fake",state="ready"} 1' in said_
    assert 'sudi_deliveries_due{channel="fake"} 1' in said_
    assert "sudi_healthy 0" in said_
    for line in ("sudi_tokens_today 1200", "sudi_calls_today 1", "sudi_cost_today 0.45"):
        assert line in said_
    assert 'sudi_troubles{kind="stuck"} 1' in said_
