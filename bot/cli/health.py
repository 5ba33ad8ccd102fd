"""`sudi health`: whether the bot works, by an exit code, without asking the network."""

from __future__ import annotations

import asyncio
import sys

import click

from bot.app import utc_now
from bot.cli.service import settings_and_logs
from bot.errors import StoreError
from bot.health import Kind, Trouble
from bot.jobs.health import examined, told
from bot.settings import Settings
from bot.store import Store


@click.command()
def health() -> None:
    """Say whether the bot works: exit code 0 and ok, or 1; and a line for each thing that is wrong.

    Asks the database alone: what was read and sent, and what running processes say of themselves.

    \b
    Example:
      sudi health || systemctl restart sudi
    """
    settings = settings_and_logs(is_quiet=True)
    is_well, lines = told(asyncio.run(troubles_of(settings)))
    click.echo("\n".join(lines))
    if not is_well:
        sys.exit(1)


async def troubles_of(settings: Settings) -> list[Trouble]:
    """All that the database knows to be wrong."""
    if not Store.is_there(settings.database_url.get_secret_value()):
        return [Trouble(Kind.DATABASE_EMPTY)]
    try:
        store = Store.open(settings.database_url.get_secret_value(), exclusive=False)
    except StoreError as error:
        return [Trouble(Kind.DATABASE_AWAY, {"reason": str(error)})]
    try:
        return await examined(store, utc_now(), holidays=settings.bot_arxiv_holidays)
    finally:
        await store.close()
