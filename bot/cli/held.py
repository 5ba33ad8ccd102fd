"""`sudi held`: digests that may have arrived several times, and wait for a word of an admin."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click

from bot.cli.service import settings_and_logs
from bot.errors import SettingsError
from bot.settings import Settings
from bot.store import Store


@click.command()
@click.option("--send", "again", is_flag=True, help="Send them again.")
@click.option("--drop", is_flag=True, help="Take them for delivered.")
@click.argument("numbers", nargs=-1, type=int)
def held(numbers: tuple[int, ...], *, again: bool, drop: bool) -> None:
    """Show the digests that a mail server took several times without an answer, and decide of them.

    Without numbers, --send and --drop are about all of them.

    \b
    Example:
      sudi held
      sudi held --send 17 18
    """
    if again and drop:
        raise SettingsError(["--send and --drop: choose one of them"])
    decision = again if again or drop else None
    asyncio.run(_held(settings_and_logs(), numbers, decision))


async def _held(settings: Settings, numbers: tuple[int, ...], again: bool | None) -> None:
    store = Store.open(settings.database_url.get_secret_value(), exclusive=False)
    try:
        async with store.read() as tx:
            known = [one for one in await tx.outbox.held() if not numbers or one.id in numbers]
        if again is None:
            for one in known:
                click.echo(f"{one.id}  {one.channel} {one.address}: {one.reason}")
            click.echo(
                f"{len(known)} held"
                + ("; `sudi held --send` or `--drop`, with numbers or without" if known else "")
            )
            return
        async with store.write() as tx:
            count = await tx.outbox.decide([one.id for one in known], datetime.now(UTC), again=again)
        click.echo(f"{count} will be sent again" if again else f"{count} taken for delivered")
    finally:
        await store.close()
