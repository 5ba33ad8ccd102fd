"""Moving in and out: every destination with its habits and its subscriptions, as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import click

from bot import app as root
from bot.cli.service import settings_and_logs
from bot.errors import QueryError, SettingsError
from bot.locale import say
from bot.model import Days, Language, Slot
from bot.query import parse
from bot.store import Store
from bot.store.migrate import migrate


@click.command()
def export() -> None:
    """Print all subscriptions as JSON.

    \b
    Example:
      sudi export > subscriptions.json
    """
    settings = settings_and_logs()
    rows = asyncio.run(_export(settings.database_url.get_secret_value()))
    sys.stdout.write(json.dumps({"sudi": 1, "destinations": rows}, ensure_ascii=False, indent=2) + "\n")


async def _export(url: str) -> list[dict[str, Any]]:
    store = Store.open(url, exclusive=False)
    try:
        if await store.revision() is None:
            return []
        async with store.read() as tx:
            return [
                {
                    "channel": one.channel,
                    "address": one.address,
                    "owner": one.owner,
                    "language": one.language.value,
                    "time": one.slot.clock,
                    "timezone": one.slot.zone,
                    "days": one.slot.days.value,
                    "paused": one.paused,
                    "subscriptions": [
                        {"query": sub.query, "paused": sub.paused}
                        for sub in await tx.subscribers.subscriptions(one.id)
                    ],
                }
                for one in await tx.subscribers.destinations()
            ]
    finally:
        await store.close()


@click.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(path: Path) -> None:
    """Add the subscriptions of a file that `sudi export` wrote; what is there already stays.

    \b
    Example:
      sudi import subscriptions.json
    """
    settings = settings_and_logs()
    rows = _checked(path)

    async def go() -> int:
        store = Store.open(settings.database_url.get_secret_value())
        try:
            await migrate(store)
            return await _import(store, rows, root.utc_now())
        finally:
            await store.close()

    added = asyncio.run(go())
    sys.stderr.write(f"{added} subscriptions added for {len(rows)} destinations\n")


def _checked(path: Path) -> list[dict[str, Any]]:
    """The destinations of a file, all of them right: nothing is imported by halves."""
    try:
        rows = json.loads(path.read_text("utf-8"))["destinations"]
        faults = [fault for number, row in enumerate(rows, 1) for fault in _faults(number, row)]
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError([f"{path}: not a file of `sudi export` ({error})"]) from None
    if faults:
        raise SettingsError(faults)
    return list(rows)


def _faults(number: int, row: dict[str, Any]) -> list[str]:
    where = f"destination {number} ({row['channel']})"
    faults = []
    if row["timezone"] not in available_timezones():
        faults.append(f"{where}: there is no time zone {row['timezone']!r}")
    try:
        _slot(row)
        Language(row["language"])
    except ValueError as error:
        faults.append(f"{where}: {error}")
    for sub in row["subscriptions"]:
        try:
            parse(sub["query"])
        except QueryError as error:
            faults.append(f"{where}: {sub['query']!r}: {say(error.key, 'en', **error.values)}")
    return faults


def _slot(row: dict[str, Any]) -> Slot:
    at = datetime.strptime(row["time"], "%H:%M")  # noqa: DTZ007  # a wall-clock time, no instant
    return Slot(row["timezone"], at.hour * 60 + at.minute, Days(row["days"]))


async def _import(store: Store, rows: list[dict[str, Any]], now: datetime) -> int:
    added = 0
    async with store.write() as tx:
        for row in rows:
            one = await tx.subscribers.add_destination(
                row["channel"], row["address"], owner=row["owner"] or row["address"],
                language=Language(row["language"]), slot=_slot(row), now=now,
            )  # fmt: skip
            if row["paused"]:
                await tx.subscribers.pause(one.id, row["paused"])
            for sub in row["subscriptions"]:
                made, is_new = await tx.subscribers.subscribe(one.id, str(parse(sub["query"])), now)
                added += is_new
                if is_new and sub["paused"]:
                    await tx.subscribers.set_paused(made.id, paused=True)
    return added
