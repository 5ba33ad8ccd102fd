"""A full outbox of mail, a real postfix, and a process that is killed again and again on the way."""

from __future__ import annotations

import email
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.model import Language, Slot
from bot.store import Store
from bot.store.migrate import migrate
from tests.channels.mailservers import signing_key
from tests.counterparts import postfix
from tests.fakes import ingest, listing, paper, planned

DOMAINS = 40
_ROOT = Path(__file__).parents[2]
_YESTERDAY = datetime.now(UTC) - timedelta(days=1)
_MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(slots=True)
class Outcome:
    """What readers have, and what it took."""

    recipients: int
    arrived: Counter[tuple[str, str]] = field(default_factory=Counter)  # by recipient and Message-ID
    kills: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of our processes, starts included
    memory: list[int] = field(default_factory=list)  # kB, of the last process over time
    connections: int = 0
    last: bytes = b""  # one of the mails

    @property
    def lost(self) -> int:
        """Recipients without their digest."""
        return self.recipients - len({recipient for recipient, _ in self.arrived})

    @property
    def repeated(self) -> int:
        """Mails that came more often than once, each of them under one Message-ID."""
        return sum(count - 1 for count in self.arrived.values())


async def outbox(url: str, recipients: int, papers: int) -> None:
    """A database in which a digest of so many papers waits for each mailbox."""
    store = Store.open(url)
    await migrate(store)
    body = "We measure the tide with sparse attention and say so at length. " * 20
    async with store.write() as tx:
        for number in range(recipients):
            one = await tx.subscribers.add_destination(
                "email", f"r{number}@d{number % DOMAINS}.test", owner="r",
                language=Language.BOTH, slot=Slot("UTC", 540), now=_YESTERDAY,
            )  # fmt: skip
            await tx.subscribers.subscribe(one.id, "cs.LG", _YESTERDAY)
    found = [paper(number, abstract=body) for number in range(papers)]
    await ingest(store, [listing("cs.LG", *found)], datetime.now(UTC))
    await planned(store, _YESTERDAY)
    await store.close()


def delivered(folder: Path, recipients: int, kill_at: Sequence[int]) -> Outcome:
    """Let processes deliver the outbox in `folder`; all but the last are killed when so many mails are there."""
    done = Outcome(recipients)
    key, _ = signing_key(folder)
    domains = [f"@d{number}.test" for number in range(DOMAINS)]
    with postfix.server(domains) as server:
        names = [f"sqlite:///{folder / 'sudi.db'}", f"smtp://localhost:{server.port}", str(key)]
        environment = os.environ | {"SSL_CERT_FILE": str(server.certificate)}
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        for stop_at in [*kill_at, None]:
            command = [sys.executable, "-m", "tests.scenarios.mail_worker", *names]
            process = subprocess.Popen(command, cwd=_ROOT, env=environment)
            _watch(process, server, domains, stop_at, done)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        done.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        while server.queued():
            time.sleep(0.05)
        done.seconds = time.monotonic() - started
        done.connections = len(re.findall(r"smtpd\[\d+\]: connect from", server.log()))
        for domain in domains:
            for content in server.mails(domain):
                found = _MESSAGE_ID.search(content)
                done.arrived[str(email.message_from_bytes(content)["To"]), found[1].decode() if found else ""] += 1
                done.last = content
    return done


def _watch(
    process: subprocess.Popen[bytes],
    server: postfix.Postfix,
    domains: Sequence[str],
    stop_at: int | None,
    done: Outcome,
) -> None:
    """Wait until a process ends, or kill it; note its memory on the way."""
    status = Path(f"/proc/{process.pid}/status")
    done.memory.clear()
    while process.poll() is None:
        resident = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
        done.memory += [int(resident[1])] if resident else []
        if stop_at is not None and _arrived(server, domains) >= stop_at:
            process.kill()
            process.wait()
            done.kills += 1
        time.sleep(0.05)
    assert process.wait() == (0 if stop_at is None else -signal.SIGKILL), "it has not done what it should"


def _arrived(server: postfix.Postfix, domains: Sequence[str]) -> int:
    folders = [server.maildir(domain) / "new" for domain in domains]
    return sum(1 for folder in folders if folder.is_dir() for _ in folder.iterdir())
