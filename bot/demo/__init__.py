"""`sudi demo`: one day, end to end, with invented papers; no keys and no network.

Everything but the papers is real: the source reads a saved page, readers subscribe by commands, the
outbox delivers to this terminal and, as mails, into a folder. Only the clock is moved by hand. A second
run shows that nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import importlib
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import click
from pydantic import SecretStr
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot import app as root
from bot import logs
from bot.app import App
from bot.channels import Invocation
from bot.channels.console import MEASURE
from bot.jobs.poll import Day
from bot.settings import Settings

FOLDER = Path("demo")
PAGE = resources.files(__name__) / "day" / "2026-06-10.txt"
HOST, PORT = "127.0.0.1", 8471
EVENING_BEFORE = datetime(2026, 6, 9, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

CONVERSATIONS = (
    ("console", "ann", ("language en", 'subscribe cs.LG, cs.CL "kv cache", quantization -survey', "list")),
    ("console", "小林", ("语言 zh", "时间 18:30 北京", "订阅 黑洞, 暗物质", '订阅 quant-ph "error correction"')),
    (
        "email",
        "mei@example.org",
        (
            "language both",
            "time 09:00 Europe/Berlin",
            'subscribe "state space model", "score matching", 图神经网络',
        ),
    ),
)


@dataclass(slots=True)
class HandClock:
    """A clock that stands where it was put."""

    now: datetime

    def __call__(self) -> datetime:
        """The instant it shows."""
        return self.now


@click.command()
@click.option("--fresh", is_flag=True, help="Forget the runs before: nobody has subscribed, nothing was sent.")
@click.option("--serve", is_flag=True, help=f"Then serve the reading room on {HOST}, until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PORT,
    show_default=True,
    help="The port at which --serve listens.",
)
def demo(*, fresh: bool, serve: bool, port: int) -> None:
    """Live one day: subscribe, fetch, match, deliver, in both languages. No keys, no network.

    \b
    Example:
      sudi demo          the second time shows that nothing is sent twice
      sudi demo --fresh
      sudi demo --serve  and read all of it in the browser
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(_demo(FOLDER, fresh=fresh, port=port if serve else None))


async def _demo(folder: Path, *, fresh: bool, port: int | None) -> None:
    started = time.monotonic()
    screen = Console(width=None if sys.stdout.isatty() else MEASURE, highlight=False)
    database, mails, is_second = _prepare(folder, fresh=fresh)
    with resources.as_file(PAGE) as page:
        settings = _settings(database, mails, page)
        if port is not None:
            served = {"bot_public_url": f"http://{HOST}:{port}", "bot_reading_room": "public"}
            settings = settings.model_copy(update=served)
        logs.setup(settings.bot_log_level, settings.secrets())
        clock = HandClock(EVENING_BEFORE + timedelta(days=1 if is_second else 0))
        async with root.opened(settings, clock) as app:
            await _converse(app, screen)
            day, delivered = await _live(app, clock, screen)
            _close(screen, day, delivered, time.monotonic() - started)
            _lead_on(screen, _as_html(mails), is_second=is_second)
            if port is not None:
                await _serve(app, screen, port)


def _lead_on(screen: Console, written: list[Path], *, is_second: bool) -> None:
    for path in written:
        screen.print(f"\nMail written, as .eml and for the browser · 邮件已写入：\n  {path}", soft_wrap=True)
    if is_second:
        screen.print(
            "\nThe same page again: every announcement was known, so nothing was sent twice. "
            "`sudi demo --fresh` starts over.\n同一页面再次读取：所有公告均已处理，没有重复发送。"
        )
    else:
        screen.print(
            "\nRun it again: nothing will be sent twice. 再运行一次：不会重复发送。\n"
            "Your own: [bold]sudi console[/] to talk to the bot here, [bold]sudi doctor[/] to see what is set up."
        )


def _prepare(folder: Path, *, fresh: bool) -> tuple[Path, Path, bool]:
    """The database, the folder of mails, and whether a run before has left them."""
    database, mails = folder / "sudi.db", folder / "mail"
    mails.mkdir(parents=True, exist_ok=True)
    if fresh:
        for path in [*folder.glob("sudi.db*"), *mails.glob("*@example.org.*")]:
            path.unlink()
    return database, mails, database.exists()


def _settings(database: Path, mails: Path, page: Path) -> Settings:
    """Settings of the demo alone: whatever the environment says is left out."""
    return Settings.model_construct(
        _fields_set=set(),  # nobody has asked for pages
        **{
            **{name: field.default for name, field in Settings.model_fields.items()},
            "database_url": SecretStr(f"sqlite:///{database}"),
            "bot_channels": ("console", "email"),
            "bot_sources": ("arxivdaily",),
            "arxivdaily_page": str(page),
            "smtp_url": SecretStr(mails.resolve().as_uri()),
            "smtp_from": "Sudi 速递 <papers@example.org>",
            "bot_log_level": "warning",
        },
    )


async def _converse(app: App, screen: Console) -> None:
    screen.rule("[bold]Tuesday evening: three readers subscribe · 周二晚：三位读者订阅")
    for channel, person, lines in CONVERSATIONS:
        for line in lines:
            screen.print(Text.assemble((f"{person}", "bold cyan"), (" › ", "dim"), line))
            reply = await app.commands(Invocation(channel, person, person, line))
            screen.print(Padding(Text(reply.text, style="dim"), (0, 0, 1, 4)))


async def _live(app: App, clock: HandClock, screen: Console) -> tuple[Day, dict[str, tuple[int, int]]]:
    screen.rule("[bold]Wednesday: the announcements are read · 周三：读取当日公告")
    clock.now += 10 * HOUR
    day = await app.read(["cs.LG"])
    done = day.ingested
    screen.print(f"  {done.announced} announcements, {done.new} new, {done.matched} matches\n")
    screen.rule("[bold]Everybody's own hour has come: the digests go out · 到点送达")
    delivered: dict[str, tuple[int, int]] = {}
    for _ in range(12):  # one reader after the other, so that every run prints the same
        clock.now += HOUR
        await app.plan()
        for name, tally in (await app.deliver()).items():
            sent, papers = delivered.get(name, (0, 0))
            delivered[name] = (sent + tally.sent, papers + tally.papers)
    return day, delivered


async def _serve(app: App, screen: Console, port: int) -> None:
    """Serve the pages of the day until interrupted."""
    screen.print(f"\nThe reading room · 阅读室：{app.settings.bot_public_url}/papers (Ctrl-C)\n", soft_wrap=True)
    serving = importlib.import_module("bot.serving")  # its library is not everybody's
    await serving.serve(app.site().application(), f"{HOST}:{port}", "--port")


def _as_html(mails: Path) -> list[Path]:
    """Write the HTML part of each mail beside it, to be looked at in a browser."""
    pages = []
    for path in sorted(mails.glob("*.eml")):
        body = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body(("html",))
        if body is not None:
            page = path.with_suffix(".html")
            page.write_text(body.get_content(), "utf-8")
            pages.append(page)
    return pages


def _close(screen: Console, day: Day, delivered: dict[str, tuple[int, int]], seconds: float) -> None:
    table = Table("The day in numbers · 当日小结", "", show_edge=False, pad_edge=False)
    table.columns[1].justify = "right"
    table.add_row("announcements fetched · 读取的公告", str(day.ingested.announced))
    table.add_row("of them new · 其中新公告", str(day.ingested.new))
    table.add_row("matches · 匹配", str(day.ingested.matched))
    for name, (sent, papers) in delivered.items():
        table.add_row(f"digests by {name} · 已送达", f"{sent} ({papers} papers)")
    table.add_row("seconds · 用时（秒）", f"{seconds:.1f}")
    screen.print(table)
