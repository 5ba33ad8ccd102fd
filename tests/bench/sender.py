"""One process that delivers what is due: `python -m tests.bench.sender discord PORT DATABASE_URL`.

It prints its seconds and its seconds of CPU: what a counterpart needs on the same machine is not counted.
"""

from __future__ import annotations

import asyncio
import sys
import time

from pydantic import SecretStr

from bot.app import utc_now
from bot.channels import Channel
from bot.channels.discord import Discord
from bot.channels.slack import channel as slack
from bot.engine.works import keep_pauses_short
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.settings import Settings
from bot.store import Store
from tests.counterparts.discord_site import TOKEN, pointed_at
from tests.counterparts.slack_edge import BOT_TOKEN

CAP = 500


async def deliver(channel: Channel, url: str) -> None:
    """Deliver all, and say what it took."""
    keep_pauses_short()  # as `sudi run` does
    store = Store.open(url)
    wall, cpu = time.monotonic(), time.process_time()
    composer = Composer(store, cap=CAP, clock=utc_now)
    await Courier(store, channel, composer, owner="bench", clock=utc_now).drain()
    print(time.monotonic() - wall, time.process_time() - cpu)
    await channel.close()
    await store.close()


async def sent(name: str, port: int, url: str) -> tuple[float, float]:
    """Run such a process; its seconds and its seconds of CPU."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.sender", name, str(port), url]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    wall, cpu = map(float, (await running.communicate())[0].split())
    return wall, cpu


async def main(name: str, port: int, url: str) -> None:
    """Deliver to the counterpart that listens at a port."""
    if name == "slack":
        api = f"http://127.0.0.1:{port}/api/"
        settings = Settings(_env_file=None, slack_bot_token=SecretStr(BOT_TOKEN), slack_api_url=api)
        await deliver(slack(settings), url)
    else:
        with pointed_at(port):
            await deliver(Discord(TOKEN), url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
