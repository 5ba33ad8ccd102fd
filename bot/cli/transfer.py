"""Moving in and out: destinations with their subscriptions, and people with what they have saved, as JSON."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

import click
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bot import app as root
from bot import channels
from bot.cli.service import settings_and_logs
from bot.errors import QueryError, SettingsError
from bot.locale import say
from bot.model import Days, Language, Notices, Paper, Slot
from bot.query import Query, parse, stored
from bot.sources import PAPER_ID
from bot.store import Store, Transaction
from bot.store.chunks import in_chunks
from bot.store.migrate import opened_for_one_command
from bot.store.saved import MOST

_FIRST = 20  # destinations of one transaction, to begin with


def _canonical(query: str) -> str:
    try:
        return str(parse(query))
    except QueryError as error:
        raise ValueError(say(error.key, "en", **error.values)) from None


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}")
    return name


def _channel(name: str) -> str:
    if name not in channels.available():
        raise ValueError(f"there is no channel {name!r}; there are {', '.join(channels.available())}")
    return name


Address = Annotated[str, StringConstraints(min_length=1, max_length=320)]


class _Row(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class ExportedSubscription(_Row):
    """One subscription; without a number it gets the next one. What no version can read is kept as it is."""

    number: Annotated[int, Field(ge=0, lt=1_000_000)] = 0
    query: Annotated[str, StringConstraints(min_length=1)]
    paused: bool = False
    is_unreadable: bool = False

    @model_validator(mode="after")
    def _as_it_is_stored(self) -> Self:
        if not self.is_unreadable:
            self.query = _canonical(self.query)
        return self


class ExportedDestination(_Row):
    """One destination; `paused` is the reason, empty while it is served.

    Without an owner it is its own; an empty one is nobody. `last_number` is the highest that was ever used there.
    """

    channel: Annotated[str, AfterValidator(_channel)]
    address: Address
    owner: str | None = None
    language: Literal["en", "zh", "both", "zh-hant", "en-hant"] = "both"
    time: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    days: Annotated[str, AfterValidator(Days)] = "mon-fri"
    notices: Literal["off", "faults", "always"] = "faults"
    limit: Annotated[int, Field(ge=0)] = 0
    paused: str = ""
    last_number: Annotated[int, Field(ge=0, lt=1_000_000)] = 0
    subscriptions: list[ExportedSubscription] = []
    mutes: list[Annotated[str, StringConstraints(min_length=1, max_length=500)]] = []

    @model_validator(mode="after")
    def _as_mails_name_it(self) -> Self:
        """Mailboxes are known in lower case, as mails that come in are."""
        if self.channel == "email":
            self.address, self.owner = self.address.lower(), self.owner and self.owner.lower()
        return self

    @property
    def slot(self) -> Slot:
        """When it is served."""
        hour, minute = self.time.split(":")
        return Slot(self.timezone, int(hour) * 60 + int(minute), Days(self.days))


class ExportedPaper(_Row):
    """A paper that somebody has saved, as it is known."""

    id: Annotated[str, StringConstraints(pattern=rf"^{PAPER_ID}$", max_length=40)]
    version: Annotated[int, Field(ge=1)]
    title: str
    authors: list[str]
    abstract: str
    categories: list[str]
    comments: str = ""
    doi: str = ""
    journal_ref: str = ""
    license: str = ""
    is_version_known: bool = True

    @classmethod
    def of(cls, paper: Paper) -> Self:
        """The row of a paper."""
        lists = {"authors": list(paper.authors), "categories": list(paper.categories)}
        return cls.model_construct(**asdict(paper) | lists)

    @property
    def paper(self) -> Paper:
        """The paper."""
        values = self.model_dump()
        return Paper(**values | {name: tuple(values[name]) for name in ("authors", "categories")})


class ExportedSaved(_Row):
    """One saved paper."""

    paper: Annotated[str, StringConstraints(pattern=rf"^{PAPER_ID}$", max_length=40)]
    at: AwareDatetime


class ExportedPerson(_Row):
    """A person who is on several channels, or has saved papers: who they are on each, `channel:address`."""

    identities: Annotated[list[Annotated[str, StringConstraints(pattern=r"^\w+:.{1,320}$")]], Field(min_length=1)]
    saved: list[ExportedSaved] = []


class File(_Row):
    """A whole export; `sudi` is the version of its form."""

    sudi: Literal[1]
    destinations: list[ExportedDestination]
    people: list[ExportedPerson] = []
    papers: list[ExportedPaper] = []


@click.command()
def export() -> None:
    """Print all subscriptions, mutes and habits, and what people have linked and saved, as JSON.

    What waits to be sent is not in it; `sudi backup` has that too.

    \b
    Example:
      sudi export > subscriptions.json
    """
    settings = settings_and_logs()
    file = asyncio.run(_export(settings.database_url.get_secret_value()))
    with suppress(OSError):  # somewhere that has no rights, or no file at all
        if stat.S_ISREG(os.fstat(1).st_mode):
            os.fchmod(1, 0o600)
    sys.stdout.write(file.model_dump_json(indent=2) + "\n")


async def _export(url: str) -> File:
    store = Store.open(url, exclusive=False)
    try:
        if await store.revision() is None:
            return File(sudi=1, destinations=[])
        async with store.read() as tx:
            people = await _people(tx)
            saved = {one.paper for each in people for one in each.saved}
            papers = [versions[-1] for _, versions in sorted((await tx.papers.versions(saved)).items())]
            return File(
                sudi=1,
                destinations=await _destinations(tx),
                people=people,
                papers=[ExportedPaper.of(one) for one in papers],
            )
    finally:
        await store.close()


async def _destinations(tx: Transaction) -> list[ExportedDestination]:
    mutes, numbers = await tx.mutes.known(), await tx.subscribers.last_numbers()
    return [
        ExportedDestination.model_construct(
            channel=one.channel,
            address=one.address,
            owner=one.owner,
            language=one.language.value,
            time=one.slot.clock,
            timezone=one.slot.zone,
            days=str(one.slot.days),
            paused=one.paused,
            notices=one.notices.value,
            limit=one.limit,
            last_number=numbers[one.id],
            subscriptions=[
                ExportedSubscription.model_construct(
                    number=sub.number,
                    query=sub.query,
                    paused=sub.paused,
                    is_unreadable=not isinstance(stored(sub.query), Query),
                )
                for sub in await tx.subscribers.subscriptions(one.id)
            ],
            mutes=list(mutes.get(one.id, ())),
        )
        for one in await tx.subscribers.destinations()
    ]


async def _people(tx: Transaction) -> list[ExportedPerson]:
    people = {*await tx.saved.people(), *await tx.subscribers.of_several_identities()}
    known = {person: sorted(map(":".join, await tx.subscribers.identities(person))) for person in people}
    return [
        ExportedPerson.model_construct(
            identities=known[person],
            saved=[
                ExportedSaved.model_construct(paper=paper_id, at=at)
                for paper_id, at in (await tx.saved.of(person)).items()
            ],
        )
        for person in sorted(people, key=known.__getitem__)
    ]


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(path: Path) -> None:
    """Add the subscriptions of a file that `sudi export` wrote, or that you wrote in its form.

    It may be interrupted and repeated: what is there already stays as it is, but that a destination whose "paused"
    is empty is served again.

    \b
    Example:
      sudi import subscriptions.json
    """
    settings = settings_and_logs()
    file = _read(path)
    added = asyncio.run(_imported(settings.database_url.get_secret_value(), file))
    sys.stderr.write(f"{added} subscriptions added for {len(file.destinations)} destinations\n")
    if file.people:
        sys.stderr.write(f"links and saved papers of {len(file.people)} people added\n")


async def _imported(url: str, file: File) -> int:
    """Add what a file has; how many subscriptions are new."""
    store = await opened_for_one_command(url)
    try:
        now = root.utc_now()
        added: list[int] = []

        async def add(tx: Transaction, destinations: Sequence[ExportedDestination]) -> None:
            added.extend([await _import(tx, destination, now) for destination in destinations])

        await in_chunks(store, file.destinations, add, first=_FIRST)
        papers = {one.id: one.paper for one in file.papers}
        for person in file.people:
            async with store.write() as tx:
                await _import_person(tx, person, papers, now)
        return sum(added)
    finally:
        await store.close()


def _read(path: Path) -> File:
    """The file, with nothing wrong in it: nothing is imported by halves."""
    try:
        return File.model_validate_json(path.read_bytes())
    except ValidationError as error:
        faults = [f"{path}: {_where(row['loc'])}{row['msg']}" for row in error.errors(include_url=False)]
        raise SettingsError(
            [*faults[:10], *([f"and {len(faults) - 10} more"] if len(faults) > 10 else [])]
        ) from None


def _where(destination: tuple[int | str, ...]) -> str:
    """`destinations 2, timezone: `, counted from 1 as people do."""
    names = "".join(f" {part + 1}" if isinstance(part, int) else f", {part}" for part in destination)
    return f"{names.removeprefix(', ')}: " if names else ""


async def _import(tx: Transaction, destination: ExportedDestination, now: datetime) -> int:
    known = await tx.subscribers.destination(destination.channel, destination.address)
    one = known or await tx.subscribers.add_destination(
        destination.channel,
        destination.address,
        owner=destination.address if destination.owner is None else destination.owner,
        language=Language(destination.language),
        slot=destination.slot,
        now=now,
    )
    if known is None:
        await tx.subscribers.set_notices(one.id, Notices(destination.notices))
        await tx.subscribers.set_limit(one.id, destination.limit)
    if destination.paused and known is None:
        await tx.subscribers.pause(one.id, destination.paused, now)
    if one.paused and not destination.paused:
        await tx.subscribers.resume(one.id)
        await tx.outbox.revive(one.id, now)
    added = 0
    for asked in sorted(destination.subscriptions, key=lambda each: each.number or 1_000_000):
        made, is_new = await tx.subscribers.subscribe(one.id, asked.query, now, number=asked.number)
        added += is_new
        if is_new and asked.paused:
            await tx.subscribers.set_paused(made.id, paused=True)
    await tx.subscribers.use_numbers(one.id, destination.last_number)
    for place, text in enumerate(destination.mutes):
        await tx.mutes.add(one.id, text, now + timedelta(microseconds=place))
    return added


async def _import_person(
    tx: Transaction, person: ExportedPerson, papers: Mapping[str, Paper], now: datetime
) -> None:
    first, *others = (tuple(one.split(":", 1)) for one in person.identities)
    for other in others:
        await tx.subscribers.link((other[0], other[1]), (first[0], first[1]), now)
    owner = await tx.subscribers.person(first[0], first[1], now)
    for one in person.saved[: MOST - await tx.saved.count([owner])]:
        if one.paper in papers and await tx.papers.newest(one.paper) is None:
            await tx.papers.ensure([papers[one.paper]])
            await tx.saved.note_lookup(one.paper, now, is_there=True)
        await tx.saved.add(owner, one.paper, one.at)
