"""`sudi jobs`: the doorbells between processes, and the deliveries behind them."""

from __future__ import annotations

import asyncio

import click
from sqlalchemy import text

from bot.cli.service import settings_and_logs
from bot.errors import SettingsError
from bot.settings import Settings
from bot.store.migrate import opened_for_one_command

_JOBS = text("""
SELECT queue_name, coalesce(args->>'name', task_name) AS name, status, count(*) AS count
FROM procrastinate_jobs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")
_WORKERS = text(
    "SELECT id, extract(epoch FROM now() - last_heartbeat) AS age FROM procrastinate_workers ORDER BY id"
)


@click.command()
@click.option("--delete", is_flag=True, help="Delete all of them: what is due is rung for again within seconds.")
def jobs(*, delete: bool) -> None:
    """Show what waits between processes on PostgreSQL, what died, which workers live, and the deliveries.

    \b
    Example:
      sudi jobs
    """
    asyncio.run(_jobs(settings_and_logs(), delete=delete))


async def _jobs(settings: Settings, *, delete: bool) -> None:
    store = await opened_for_one_command(settings.database_url.get_secret_value())
    try:
        if not store.is_shared:
            raise SettingsError(["DATABASE_URL: on SQLite there are no jobs, because one process does everything"])
        if delete:
            async with store.write() as tx:
                gone = await tx.connection.execute(text("DELETE FROM procrastinate_jobs"))
            click.echo(f"{gone.rowcount} jobs deleted")
        async with store.read() as tx:
            for job in await tx.connection.execute(_JOBS):
                click.echo(f"{job.queue_name:<8} {job.name:<20} {job.status:<9} {job.count}")
            for worker in await tx.connection.execute(_WORKERS):
                click.echo(f"process  {worker.id:<20} heard of {worker.age:.0f} s ago")
            for state, count in sorted((await tx.outbox.counts()).items()):
                click.echo(f"delivery {'':<20} {state:<9} {count}")
    finally:
        await store.close()
