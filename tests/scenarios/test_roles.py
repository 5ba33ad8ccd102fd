"""Several real processes of the bot on one PostgreSQL, each with its role."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from bot.engine.doorbells import Doorbells
from bot.engine.works import GRACE_SECONDS
from bot.store import Store, schema
from tests import PATIENCE

PAGE = str(resources.files("bot.demo") / "day" / "2026-06-10.txt")
SOON = 30.0
"""Seconds; processes and database share two busy cores."""


def environment(folder: Path, url: str, **more: str) -> dict[str, str]:
    """No mail server, and no arXiv: nobody waits for a mailing, at whatever time of whichever day this runs."""
    today = datetime.now(UTC).date()
    days = (today + timedelta(days=n) for n in (-1, 0, 1))
    return {
        **os.environ,
        "DATABASE_URL": url,
        "BOT_CHANNELS": "email",
        "SMTP_URL": (folder / "mails").as_uri(),
        "SMTP_FROM": "papers@example.org",
        "ARXIV_URL": str(folder),
        "ARXIV_FEED_URL": str(folder / "{category}.xml"),
        "BOT_ARXIV_HOLIDAYS": ",".join(map(str, days)),
        **more,
    }


@asynccontextmanager
async def processes(
    folder: Path, url: str, *roles: str, **more: str
) -> AsyncIterator[list[subprocess.Popen[bytes]]]:
    """A process for each role, ready; what they say is in files beside."""
    (folder / "mails").mkdir()
    running, logs = [], [folder / f"{number}-{role}.log" for number, role in enumerate(roles)]
    try:
        for role, log in zip(roles, logs, strict=True):
            command = [sys.executable, "-m", "bot", "run", "--role", role]
            with log.open("w") as said:
                running.append(
                    subprocess.Popen(command, cwd=folder, env=environment(folder, url, **more), stderr=said)  # noqa: ASYNC220
                )
        async with asyncio.timeout(PATIENCE):
            while not all("ready: " in log.read_text() for log in logs):  # noqa: ASYNC110  # files tell nobody
                await asyncio.sleep(0.1)
        yield running
    finally:
        for one in running:
            one.kill()
            one.wait()


def sudi(folder: Path, url: str, *words: str) -> str:
    command = [sys.executable, "-m", "bot", *words]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder, url), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def arrived(folder: Path, mails: int) -> float:
    """Wait until there are that many mails; how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while len(list((folder / "mails").glob("*.eml"))) < mails:  # noqa: ASYNC110  # a folder tells nobody
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_what_one_process_announces_another_plans_and_delivers_at_once_also_without_jobs(
    tmp_path, migrated_url
):
    for name in ("ada", "bob"):
        await asyncio.to_thread(
            sudi, tmp_path, migrated_url, "subscribe", f"email:{name}@example.org", "cs.LG, cs.CL"
        )
    store = Store.open(migrated_url)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with processes(
        tmp_path, migrated_url, "ingest", "worker", "worker", "web", "gateway", BOT_LISTEN=f"127.0.0.1:{port}"
    ) as all_:
        await asyncio.to_thread(sudi, tmp_path, migrated_url, "fetch", "--from", PAGE)
        async with store.write() as tx:
            await tx.connection.execute(schema.slot.update().values(next_due=datetime.now(UTC)))
            await Doorbells().within(tx, {"plan"})
        assert await arrived(tmp_path, 2) < SOON
        health = f"http://127.0.0.1:{port}/healthz"
        with await asyncio.to_thread(urllib.request.urlopen, health) as answer:
            assert answer.status == 200
        said = await asyncio.to_thread(sudi, tmp_path, migrated_url, "jobs")
        assert "delivery" in said
        assert "sent" in said
        async with store.read() as tx:
            assert await tx.outbox.counts() == {"sent": 2}
        for one in all_:
            one.send_signal(signal.SIGTERM)
        assert [await asyncio.to_thread(one.wait, GRACE_SECONDS + 10) for one in all_] == [0] * 5
        assert not [log for log in tmp_path.glob("*.log") if "Traceback" in log.read_text()]
    await store.close()


def test_roles_need_a_database_that_can_be_shared(tmp_path):
    command = [sys.executable, "-m", "bot", "run", "--role", "worker"]
    variables = environment(tmp_path, "sqlite:///sudi.db")
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 78
    assert "need PostgreSQL" in done.stderr
