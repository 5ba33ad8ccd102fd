"""A history lived by the bot beside its oracle: they are compared after every hour."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.query import parse
from tests.fakes import HandClock
from tests.scenarios.histories.living import Bot, Killed, entries
from tests.scenarios.histories.oracle import CAP, Asked, Digest, Entry, Oracle, Poller
from tests.scenarios.histories.world import EVERYTHING, NINE, PLACES, Act, History, Tick


def _named(papers: Sequence[Entry]) -> list[tuple[str, int]]:
    """All that a reader is told of papers beyond the cap: why they came, he sees where they are shown."""
    return [(one.id, one.version) for one in papers]


@dataclass
class Told:
    """What a life showed, for who counts."""

    digests: int = 0
    papers: int = 0
    deaths: int = 0
    edits: int = 0


async def lived(made: History, url: str) -> Told:
    """Live a history; AssertionError at the first digest that is not as it must be."""
    asyncio.get_running_loop().set_exception_handler(_unless_killed)
    bot = Bot(made, url, HandClock(made.steps[0].at))
    life = _Life(made, bot)
    await bot.start()
    try:
        for step in made.steps:
            await life.go(step)
    finally:
        await bot.stop()
    return Told(life.digests, life.papers, bot.deaths, sum(map(len, bot.mailbox.edited.values())))


def _unless_killed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A process that is no more leaves tasks behind; nobody has to hear of it."""
    if not isinstance(context.get("exception"), Killed):
        loop.default_exception_handler(context)


class _Life:
    """What happens, to the bot and to the oracle."""

    def __init__(self, made: History, bot: Bot) -> None:
        self._made = made
        self._bot = bot
        self._oracle = Oracle()
        self._oracle.readers = {destination: Poller() for destination in (*PLACES, EVERYTHING)}
        self._last = made.steps[0].at
        self._seen: set[str] = set()
        self._edited: dict[str, int] = {}
        self.trace: list[str] = []
        self.digests = self.papers = 0

    async def go(self, step: Act | Tick) -> None:
        """Let one thing happen to both of them."""
        if isinstance(step, Act):
            await self._act(step)
        else:
            await self._tick(step)

    async def _tick(self, tick: Tick) -> None:
        self.trace.append(f"{tick.at:%a %d %H:%M} {tick.kills or ''}")
        await self._bot.live(tick)
        self._oracle.announce(one for source in self._bot.sources for one in source.told)
        self._oracle.translate(self._bot.translator.done)
        if "deliver" not in tick.works:
            return
        expected = {
            destination: one for destination in self._oracle.readers if (one := self._due(destination, tick.at))
        }
        self._last = tick.at
        arrived = self._arrived()
        assert sorted(arrived) == sorted(expected), self._said(f"who gets one: {arrived} for {expected}")
        for destination, body in arrived.items():
            wanted = expected[destination]
            got = entries(body)
            assert got[:CAP] == wanted.papers[:CAP], self._said(f"{destination} sees {got} for {wanted.papers}")
            assert _named(got[CAP:]) == _named(wanted.papers[CAP:]), self._said(
                f"{destination} gets {got} for {wanted.papers}"
            )
            heard = json.loads(body)["changes"]
            assert heard == wanted.changes, self._said(f"{destination} hears {heard} for {wanted.changes}")
            self.trace.append(
                f"  {destination} gets {[(one.id, one.version) for one in wanted.papers]} {wanted.changes}"
            )
            self.digests += 1
            self.papers += len(wanted.papers)
        self._look_at_edits()

    def _due(self, destination: str, now: datetime) -> Digest | None:
        """What the oracle says that a destination gets now, if anything."""
        reader = self._oracle.readers[destination]
        is_due = self._made.slots.get(destination, NINE).next_after(self._last) <= now
        if not is_due or reader.is_paused or all(one.is_paused for one in reader.asked):
            return None
        is_told = destination == PLACES[0]
        if not is_told and not self._oracle.waits(destination):
            return None
        digest = self._oracle.digest(destination, is_sent=is_told)
        return digest if digest.papers or is_told else None

    def _arrived(self) -> dict[str, str]:
        new = {key: one for key, one in self._bot.mailbox.arrived.items() if key not in self._seen}
        self._seen |= new.keys()
        found = dict(new.values())
        assert len(found) == len(new), self._said(f"two digests at once: {new}")
        return found

    def _look_at_edits(self) -> None:
        """An edited message holds the papers that it held, in the same order and for the same reasons."""
        for key, bodies in self._bot.mailbox.edited.items():
            _, first = self._bot.mailbox.arrived[key]
            for body in bodies[self._edited.get(key, 0) :]:
                now, before = (_named(entries(each)) for each in (body, first))
                assert now == before, self._said(f"{key} was edited: {body} for {first}")
                assert json.loads(body)["shown"] == json.loads(first)["shown"]
            self._edited[key] = len(bodies)

    async def _act(self, act: Act) -> None:
        """Somebody types something, which may be of no use."""
        self._bot.clock.now = max(act.at, self._bot.clock.now)
        reader = self._oracle.readers[act.destination]
        since, asked = self._oracle.now, reader.asked
        numbers = {one.query: one.number for one in await self._bot.asked(act.destination)} if asked else {}
        assert list(numbers) == [one.query for one in asked], self._said(f"subscribed: {numbers} for {asked}")
        first = asked[act.at.day % len(asked)] if asked else None
        if act.verb.endswith(" query"):  # which one is said
            named, _, text = act.text.partition(" > ")
            first = next(one for one in asked if one.query == named)
            act = replace(act, verb=act.verb.replace("query", "one").removeprefix("edit one") or "edit", text=text)
            act = replace(act, verb="unsubscribe" if act.verb == "unsubscribe one" else act.verb)
        query = str(parse(act.text)) if act.verb in ("subscribe", "edit", "resubscribe") else ""
        typed = f"{act.verb} {act.text}".strip()
        match act.verb:
            case "subscribe":
                if all(one.query != query for one in asked):
                    asked.append(Asked(query, since))
            case "unsubscribe" | "resubscribe" if first:
                asked.remove(first)
                typed = f"unsubscribe {first.query}"
                if act.verb == "resubscribe":
                    await self._says(act.destination, typed)
                    asked.append(Asked(first.query, since))
                    typed = f"subscribe {first.query}"
            case "edit" if first and all(one.query != query for one in asked):
                typed = f"edit {numbers[first.query]} {act.text}"
                first.query, first.since = query, since
            case "mute":
                reader.mutes += [act.text] if act.text not in reader.mutes else []
            case "unmute" if reader.mutes:
                typed = f"unmute {reader.mutes.pop(0)}"
            case "pause" | "resume" if asked:
                reader.is_paused = act.verb == "pause"
            case "pause one" | "resume one" if first:
                first.is_paused = act.verb == "pause one"
                typed = f"{act.verb.split()[0]} {numbers[first.query]}"
            case "time" | "days" | "language" | "notices":
                pass
            case _:
                return
        await self._says(act.destination, typed)

    async def _says(self, destination: str, typed: str) -> None:
        reply = await self._bot.says(destination, typed)
        self.trace.append(f"  {destination} {typed!r}: {reply.text.splitlines()[0]}")

    def _said(self, what: str) -> str:
        return "\n".join([f"seed {self._made.seed}: {what}", *self.trace])
