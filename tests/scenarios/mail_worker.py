"""Everything that one process of the bot does with a full outbox of mail: `python -m tests.scenarios.mail_worker`.

It is started, killed and started again by `mail_kills`, and ends by itself when nothing is left.
"""

from __future__ import annotations

import asyncio
import os
import sys

from bot.app import utc_now
from bot.channels.email import channel
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.store import Store
from bot.store.keys import signing_key
from bot.tokens import Links, Tokens
from tests.channels.cards import settings


async def work(database: str, server: str, key: str) -> None:
    """Deliver what is due."""
    store = Store.open(database)
    await store.recover(utc_now())
    values = {"smtp_url": server, "smtp_from": "Sudi 速递 <papers@sudi.test>", "dkim_key": key}
    mail = channel(settings(smtp_bounces="papers+{token}@sudi.test", **values))
    async with store.read() as tx:
        epochs = await tx.epochs.known()
    mail.link(Links(Tokens(await signing_key(store), epochs), "https://papers.example.org"))
    composer = Composer(store, cap=20, clock=utc_now)
    await Courier(store, mail, composer, owner=f"worker:{os.getpid()}", clock=utc_now).drain()
    await mail.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4]))
