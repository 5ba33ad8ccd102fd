"""`sudi vacuum`: forget what is old, and give the room back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click

from bot import app as root
from bot.cli.service import settings_and_logs
from bot.jobs.prune import prune
from bot.settings import Settings
from bot.store import Store
from bot.store.migrate import migrate
from bot.store.space import Space


@click.command()
def vacuum() -> None:
    """Forget what is older than BOT_KEEP_DAYS, as every night, and make the database as small as it can be.

    With SQLite the bot must not run meanwhile; with PostgreSQL it may.

    \b
    Example:
      sudi vacuum
    """
    before, after = asyncio.run(_vacuum(settings_and_logs()))
    click.echo(f"the database takes {after} now; before {before}", err=True)


async def _vacuum(settings: Settings) -> tuple[Space, Space]:
    store = Store.open(settings.database_url.get_secret_value())
    try:
        await migrate(store)
        before = await store.space()
        await prune(store, root.utc_now(), timedelta(days=settings.bot_keep_days))
        await store.vacuum()
        return before, await store.space()
    finally:
        await store.close()
