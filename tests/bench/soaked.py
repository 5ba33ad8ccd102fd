"""The bot of `soak`: `python -m tests.bench.soaked DISCORD_PORT AHEAD`, where AHEAD is a file with the seconds by
which its clock is ahead, and which may be missing.

It is `sudi run` but for that clock, for the address of Discord, for which there is no setting, and for a task that
reads a hostile page every second: arXiv is asked so seldom that an hour would see few of them.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from datetime import datetime, timedelta
from pathlib import Path

from bot import app as root
from bot.cli.service import settings_and_logs
from bot.model import Validator
from bot.settings import Settings
from bot.sources.client import SPACING, Page, PoliteClient
from tests.counterparts.discord_site import pointed_at

ODD_CATEGORY = "cs.GL"
"""Nobody subscribes to it; whatever is asked for it is answered oddly."""

_EVERY = timedelta(seconds=0.2)


class Hasty(PoliteClient):
    """A client for an arXiv of our own, that need not be asked politely."""

    async def get(
        self, category: str, url: str, known: Validator | None = None, *, every: timedelta = SPACING
    ) -> Page | None:
        """See PoliteClient."""
        return await super().get(category, url, known, every=min(every, _EVERY))


async def _odd_pages(app: root.App) -> None:
    while True:
        for source in app.sources:
            _ = [one async for one in source.fetch([ODD_CATEGORY], {})]
            await asyncio.sleep(1)


async def _run(settings: Settings, ahead: Path) -> None:
    def clock() -> datetime:
        now = root.utc_now()
        try:
            return now + timedelta(seconds=float(ahead.read_text()))
        except (OSError, ValueError):
            return now

    async with root.opened(settings, clock) as app:
        gc.freeze()
        odd = asyncio.create_task(_odd_pages(app))
        try:
            await app.run(ready=lambda: print("ready: soaked", file=sys.stderr, flush=True))
        finally:
            odd.cancel()


def main(discord: int, ahead: Path) -> None:
    """Run until stopped."""
    root.PoliteClient = Hasty  # type: ignore[misc]
    with pointed_at(discord):
        asyncio.run(_run(settings_and_logs(), ahead))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
