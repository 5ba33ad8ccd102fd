"""The bot of `soak` with all that it talks to: servers of our own, and a disk that can be filled."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.sources.calendar import EASTERN
from tests.bench import hostile
from tests.bench.readers import DiscordReaders, MailReaders, SlackReaders
from tests.bench.soaked import ODD_CATEGORY
from tests.channels.mailservers import aiosmtpd
from tests.counterparts import postgres
from tests.counterparts.arxiv_site import Answer, ArxivSite, Request
from tests.counterparts.arxiv_world import World, mailing_days
from tests.counterparts.discord_site import TOKEN as DISCORD_TOKEN
from tests.counterparts.odd_imap import OddImap, running
from tests.counterparts.processes import free_port
from tests.scenarios.several import TOKEN as SLACK_TOKEN

CATEGORIES = ("cs.LG", "cs.AI", "cs.CL", "cs.CV", "stat.ML", "math.PR", "hep-th", "econ.EM")
_ODD = 0.2  # of the answers that should be right
_MODEL_ODD = 0.8
_ROOT = Path(__file__).parents[2]
_DISK = 2**30


class Disk:
    """A folder, on a disk of its own where there is one."""

    def __init__(self, folder: Path, *, is_own: bool) -> None:
        self._folder, self._is_own = folder, is_own

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """For a while; only root may."""
        if not self._is_own:
            yield
            return
        subprocess.run(
            ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={_DISK}", "sudi-soak", self._folder], check=True
        )
        try:
            yield
        finally:
            subprocess.run(["/usr/bin/umount", "-l", self._folder], check=True)

    def fill(self) -> None:
        """Leave no room."""
        status = os.statvfs(self._folder)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        self._resize(used)

    def free(self) -> None:
        """Give the room back."""
        self._resize(_DISK)

    def _resize(self, size: int) -> None:
        subprocess.run(["/usr/bin/mount", "-o", f"remount,size={size}", self._folder], check=True)


class Model:
    """An endpoint that mostly answers oddly."""

    def __init__(self, choose: random.Random) -> None:
        self._choose = choose
        self.odd = 0
        self.url = ""

    async def _respond(self, request: web.Request) -> web.Response:
        await request.read()
        if self._choose.random() < _MODEL_ODD:
            self.odd += 1
            body = hostile.completion(self._choose)
        else:
            body = hostile.GOOD
        return web.Response(body=body, content_type="application/json")

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """On a free port."""
        application = web.Application(client_max_size=2**24)
        application.router.add_post("/v1/chat/completions", self._respond)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield
        finally:
            await runner.cleanup()


@dataclass
class Installation:
    """The bot, and all that it talks to."""

    folder: Path  # of the database, with a disk of its own
    beside: Path
    slack: SlackReaders
    discord: DiscordReaders
    mail: MailReaders
    imap: OddImap
    smtp_port: int
    arxiv: ArxivSite
    model: Model
    disk: Disk
    port: int
    url: str  # of the database
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        return self.beside / "sudi.log"

    @property
    def ahead(self) -> Path:
        return self.beside / "ahead"

    def start(self) -> None:
        """Start the bot, or start it again."""
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.url,
            "BOT_CHANNELS": "slack,discord,email",
            "BOT_LISTEN": f"127.0.0.1:{self.port}",
            "BOT_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "BOT_READING_ROOM": "public",
            "BOT_KEEP_DAYS": "3650",
            "SLACK_BOT_TOKEN": SLACK_TOKEN,
            "SLACK_API_URL": f"http://127.0.0.1:{self.slack.port}/api/",
            "DISCORD_TOKEN": DISCORD_TOKEN,
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}?tls=none",
            "SMTP_FROM": "papers@sudi.test",
            "IMAP_URL": self.imap.url(),
            "ARXIV_URL": self.arxiv.url,
            "ARXIV_FEED_URL": self.arxiv.feeds,
            "OPENAI_BASE_URL": self.model.url,
            "OPENAI_API_KEY": "sk-soak",
            "OPENAI_MODEL": "m",
            "SUMMARY_DEADLINE": "0",
            "PYTHONPATH": str(_ROOT),
        }
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.bench.soaked",
            str(self.discord.port),
            str(self.ahead),
        ]
        self.starts += 1
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(command, env=environment, stderr=said, cwd=self.beside)

    def kill(self) -> None:
        """End it at once, as by a power cut."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> int | None:
        """Stop it in good order; its exit code, None when it had to be killed."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def memory(self) -> int:
        """MB that the process has; 0 where only Linux would tell."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
        return int(found[1]) // 1024 if found else 0

    def is_ready(self) -> bool:
        """Whether the process that was started last has said so."""
        return self.log.read_text("utf-8", "replace").count("ready: soaked") >= self.starts


def arxiv(choose: random.Random) -> ArxivSite:
    """arXiv of these days, that answers oddly now and then, and always for a category that nobody wants."""
    now = datetime.now(UTC)
    world = World(lambda: datetime.now(UTC))
    today = now.astimezone(EASTERN).date()
    for day in mailing_days(today - timedelta(days=7), today):
        world.announce(day, [one for category in CATEGORIES for one in world.papers(2, category)])

    def answer(request: Request) -> Answer | None:
        is_odd = f"/{ODD_CATEGORY}" in request.path or choose.random() < _ODD
        return hostile.page(choose, request.path) if is_odd else world(request)

    return ArxivSite(answer)


@asynccontextmanager
async def installed(seed: int, *, has_disk: bool, database: str = "sqlite") -> AsyncIterator[Installation]:
    """All of it; the bot is not started yet. A disk of its own is of use to SQLite only."""
    choose = random.Random(seed)
    async with AsyncExitStack() as stack:
        folder, beside = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sudi-soak-"))) for _ in "12"
        )
        disk = Disk(folder, is_own=has_disk)
        stack.enter_context(disk.mounted())
        slack, mail, model = SlackReaders(), MailReaders(), Model(choose)
        await stack.enter_async_context(slack.served())
        await stack.enter_async_context(model.served())
        discord = await stack.enter_async_context(DiscordReaders(validates=False))
        smtp_port = stack.enter_context(aiosmtpd(mail))
        imap = await stack.enter_async_context(running(OddImap()))
        site = await stack.enter_async_context(arxiv(choose))
        url = f"sqlite:///{folder / 'sudi.db'}"
        if database == "postgres":
            url = await stack.enter_async_context(postgres.database(stack.enter_context(postgres.server())))
        one = Installation(
            folder, beside, slack, discord, mail, imap, smtp_port, site, model, disk, free_port(), url
        )
        try:
            yield one
        finally:
            one.end()
