"""`python -m tests.bench email`: a digest for each of many mailboxes, by a process that is killed on the way."""

from __future__ import annotations

import smtplib
import ssl
import tempfile
import time
from pathlib import Path

from bot.channels import Channel
from tests.counterparts import postfix
from tests.scenarios import mail_kills

_PEERS = 200  # mails that the naive way sends


async def sending(recipients: int) -> None:
    """What arrives, what it costs, and whether memory grows; beside a new connection for each mail."""
    if (why := postfix.missing()) is not None:
        print(f"no mail server to measure with: {why}")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await mail_kills.outbox(f"sqlite:///{folder / 'sudi.db'}", recipients, papers=5)
        kills = [recipients * part // 10 for part in (1, 2, 3)]
        done = mail_kills.delivered(folder, recipients, kills)
    early, late = (_middle(done.memory, part) for part in (0.3, 0.9))
    print(f"{recipients} recipients, {len(done.last) // 1024} kB each, {done.kills} kills: {done.lost} lost, "
          f"{done.repeated} repeated, {done.seconds:.0f} s, {recipients / done.seconds:.0f} a second")  # fmt: skip
    print(f"CPU of ours {1000 * done.cpu_seconds / recipients:.1f} ms for each; {done.connections} connections; "
          f"memory {early // 1024} MB at 30 % and {late // 1024} MB at 90 % of the last process")  # fmt: skip
    print(f"a new connection for each mail, by smtplib: {1000 * naive(done.last):.1f} ms of wall time for each")
    print(f"floor: nothing lost {'met' if done.lost == 0 else 'MISSED'}")
    most = Channel.at_once
    print(f"floor: {most} repeated for each kill {'met' if done.repeated <= done.kills * most else 'MISSED'}")
    print(f"floor: memory grows by less than 5 % {'met' if late <= early * 1.05 else 'MISSED'}")


def naive(content: bytes) -> float:
    """Seconds of wall time for one mail, sent as most programs do."""
    with postfix.server(["@reader.test"]) as server:
        context = ssl.create_default_context(cafile=str(server.certificate))
        before = time.monotonic()
        for number in range(_PEERS):
            with smtplib.SMTP("localhost", server.port) as client:
                client.starttls(context=context)
                client.sendmail("papers@sudi.test", [f"r{number}@reader.test"], content)
        return (time.monotonic() - before) / _PEERS


def _middle(memory: list[int], part: float) -> int:
    around = memory[int(len(memory) * (part - 0.1)) : int(len(memory) * (part + 0.1))]
    return sorted(around)[len(around) // 2]
