"""Moving in and out: destinations with their subscriptions, and people with what they have saved, as JSON."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
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
from bot.query import parse
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
    """One subscription."""

    query: Annotated[str, AfterValidator(_canonical)]
    paused: bool = False


class ExportedDestination(_Row):
    """One destination; `paused` is the reason, empty while it is served."""

    channel: Annotated[str, AfterValidator(_channel)]
    address: Address
    owner: str = ""
    language: Literal["en", "zh", "both", "zh-hant", "en-hant"] = "both"
    time: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    days: Annotated[str, AfterValidator(Days)] = "mon-fri"
    notices: Literal["off", "faults", "always"] = "faults"
    limit: Annotated[int, Field(ge=0)] = 0
    paused: str = ""
    subscriptions: list[ExportedSubscription] = []

    @model_validator(mode="after")
    def _as_mails_name_it(self) -> Self:
        """Mailboxes are known in lower case, as mails that come in are."""
        if self.channel == "email":
            self.address, self.owner = self.address.lower(), self.owner.lower()
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
    """A person who has saved papers: who they are on each channel, `channel:address`."""

    identities: Annotated[list[Annotated[str, StringConstraints(pattern=r"^\w+:.{1,320}$")]], Field(min_length=1)]
    saved: list[ExportedSaved]


class File(_Row):
    """A whole export; `sudi` is the version of its form."""

    sudi: Literal[1]
    destinations: list[ExportedDestination]
    people: list[ExportedPerson] = []
    papers: list[ExportedPaper] = []


@click.command()
def export() -> None:
    """Print all subscriptions, and what people have saved, as JSON.

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
            subscriptions=[
                ExportedSubscription.model_construct(query=sub.query, paused=sub.paused)
                for sub in await tx.subscribers.subscriptions(one.id)
            ],
        )
        for one in await tx.subscribers.destinations()
    ]


async def _people(tx: Transaction) -> list[ExportedPerson]:
    return [
        ExportedPerson.model_construct(
            identities=[f"{channel}:{address}" for channel, address in await tx.subscribers.identities(person)],
            saved=[
                ExportedSaved.model_construct(paper=paper_id, at=at)
                for paper_id, at in (await tx.saved.of(person)).items()
            ],
        )
        for person in await tx.saved.people()
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

    async def go() -> int:
        store = await opened_for_one_command(settings.database_url.get_secret_value())
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

    added = asyncio.run(go())
    sys.stderr.write(f"{added} subscriptions added for {len(file.destinations)} destinations\n")
    if file.people:
        sys.stderr.write(f"saved papers of {len(file.people)} people added\n")


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
        owner=destination.owner or destination.address,
        language=Language(destination.language),
        slot=destination.slot,
        now=now,
    )
    if known is None:
        await tx.subscribers.set_notices(one.id, Notices(destination.notices))
        await tx.subscribers.set_limit(one.id, destination.limit)
    if destination.paused and known is None:
        await tx.subscribers.pause(one.id, destination.paused)
    if one.paused and not destination.paused:
        await tx.subscribers.resume(one.id)
        await tx.outbox.revive(one.id, now)
    added = 0
    for asked in destination.subscriptions:
        made, is_new = await tx.subscribers.subscribe(one.id, asked.query, now)
        added += is_new
        if is_new and asked.paused:
            await tx.subscribers.set_paused(made.id, paused=True)
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
