"""`sudi backfill`: read past days from arXiv's catch-up pages."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import date, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import app as root
from bot.cli.service import known_category, settings_and_logs
from bot.jobs.announcement_day import PollResult
from bot.jobs.gaps import Owed
from bot.settings import Settings
from bot.sources.calendar import EASTERN

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, required=True, help="The first announcement date: 2026-06-01.")
@click.option("--to", "last", type=_DAY, help="The last one; today when it is left out.")
@click.option("--category", "categories", multiple=True, help="Only this one; may be given several times.")
def backfill(first: datetime, last: datetime | None, categories: tuple[str, ...]) -> None:
    """Read the days between two dates that are missing, of the last 90; by default what subscriptions want.

    Papers keep the date of their announcement, and go to those who had subscribed by then. It may be
    interrupted: the next time it goes on where it was.

    \b
    Example:
      sudi backfill --from 2026-06-01 --to 2026-06-05 --category cs.LG
    """
    settings = settings_and_logs()
    codes = [known_category(code) for code in categories]
    end = last.date() if last else datetime.now(EASTERN).date()
    if end < first.date():
        raise click.UsageError(f"--to {end} is before --from {first.date()}: exchange them")
    if not asyncio.run(_backfill(settings, first.date(), end, codes)):
        sys.exit(1)


async def _backfill(settings: Settings, first: date, last: date, codes: Sequence[str]) -> bool:
    async with root.opened(settings, beside=True) as app:
        wanted = codes or await app.reader.wanted()
        if not wanted:
            click.echo("nobody has subscribed yet; name categories: --category cs.LG", err=True)
            return True
        owed = await app.reader.to_backfill(first, last, wanted)
        if not owed:
            click.echo("nothing is missing between these dates", err=True)
            return True
        with _bar(owed) as bar:
            readings = await app.reader.backfill(owed, lambda _outcome: bar.advance(bar.task_ids[0]))
    return _told(owed, readings)


def _bar(owed: Sequence[Owed]) -> Progress:
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    bar.add_task("pages", total=sum(len(codes) for _, codes in owed))
    return bar


def _told(owed: Sequence[Owed], readings: Sequence[PollResult]) -> bool:
    """Say what was done; whether nothing is missing."""
    new = sum(one.ingested.new for one in readings)
    matched = sum(one.ingested.matched for one in readings)
    faults = [fault for one in readings for fault in one.faults]
    for fault in faults:
        click.echo(f"  {fault}", err=True)
    days = "1 day" if len(owed) == 1 else f"{len(owed)} days"
    done = f"{days} read: {new} new announcements, {matched} matches, {len(faults)} failed"
    click.echo(done, err=True)
    return not faults
