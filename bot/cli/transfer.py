"""Moving in and out: every destination with its preferences and its subscriptions, as JSON."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

import click
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from bot import app as root
from bot import channels
from bot.cli.service import settings_and_logs
from bot.errors import QueryError, SettingsError
from bot.locale import say
from bot.model import Days, Language, Notices, Slot
from bot.query import parse
from bot.store import Store, Transaction
from bot.store.chunks import in_chunks
from bot.store.migrate import opened_for_one_command

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
    days: Literal["mon-fri", "daily", "weekly"] = "mon-fri"
    notices: Literal["off", "faults", "always"] = "faults"
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


class File(_Row):
    """A whole export; `sudi` is the version of its form."""

    sudi: Literal[1]
    destinations: list[ExportedDestination]


@click.command()
def export() -> None:
    """Print all subscriptions as JSON.

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
            return File(sudi=1, destinations=await _destinations(tx))
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
            days=one.slot.days.value,
            paused=one.paused,
            notices=one.notices.value,
            subscriptions=[
                ExportedSubscription.model_construct(query=sub.query, paused=sub.paused)
                for sub in await tx.subscribers.subscriptions(one.id)
            ],
        )
        for one in await tx.subscribers.destinations()
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
            return sum(added)
        finally:
            await store.close()

    added = asyncio.run(go())
    sys.stderr.write(f"{added} subscriptions added for {len(file.destinations)} destinations\n")


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
