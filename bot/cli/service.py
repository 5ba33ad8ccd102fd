"""Commands that do the bot's work: run, console, migrate, fetch, send."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import app as root
from bot import logs, taxonomy
from bot.engine.roles import ALL_ROLES, Role
from bot.errors import SettingsError
from bot.jobs.configuration import of_settings
from bot.jobs.poll import Day
from bot.jobs.summarize import SummaryReport
from bot.presentation.coverage import coverage_rows
from bot.presentation.health import trouble_lines
from bot.settings import Settings, read
from bot.sources import Outcome
from bot.store import Store
from bot.store.migrate import head, migrate

HOW_TO_CONNECT = """\
No channel is connected, so this terminal is the channel: type `help`, end with Ctrl-D.
To reach people, set in .env and start again:
  e-mail   BOT_CHANNELS=email  SMTP_URL=smtp://user:password@smtp.example.org:587  SMTP_FROM=papers@example.org
  Slack    BOT_CHANNELS=slack  SLACK_BOT_TOKEN=xoxb-...  SLACK_APP_TOKEN=xapp-...
还没有连接任何频道，因此以本终端为频道：输入 help 查看命令，Ctrl-D 结束。
"""

NO_CHANNEL = (
    "BOT_CHANNELS: names no channel, and there is no terminal to talk in (for example: BOT_CHANNELS=slack)"
)


def settings_and_logs(*, is_quiet: bool = False) -> Settings:
    """The settings of this process, with logging set up by them; `is_quiet` where a list is the answer."""
    settings = read()
    logs.setup(settings.bot_log_level, settings.secrets(), settings.bot_log_format, is_quiet=is_quiet)
    return settings


@click.command()
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([one.value for one in Role]),
    help="Do only this; may be repeated.",
)
def run(roles: tuple[str, ...]) -> None:
    """Serve the channels of BOT_CHANNELS until stopped: everything in one process, or the roles of one of several.

    \b
    Example:
      BOT_CHANNELS=email SMTP_URL=smtp://... sudi run
      DATABASE_URL=postgresql://... sudi run --role worker
    """
    settings = settings_and_logs()
    for line in trouble_lines(of_settings(settings), "en"):
        _say(line)
    if not settings.bot_channels:
        if not sys.stdin.isatty():
            raise SettingsError([NO_CHANNEL])
        sys.stderr.write(HOW_TO_CONNECT)
        settings = settings.model_copy(update={"bot_channels": ("console",)})
    asyncio.run(_run(settings, frozenset(map(Role, roles)) or ALL_ROLES))


@click.command()
def console() -> None:
    """Chat with the bot in this terminal; digests are printed here too.

    \b
    Example:
      sudi console
      papers> subscribe cs.LG "kv cache" -survey
    """
    asyncio.run(_run(settings_and_logs().model_copy(update={"bot_channels": ("console",)})))


async def _run(settings: Settings, roles: frozenset[Role] = ALL_ROLES) -> None:
    async with root.opened(settings, roles=roles) as app:
        names = ", ".join(app.channels if roles == ALL_ROLES else sorted(roles))
        gc.freeze()  # what was loaded is never garbage, and to look at all of it stops the sending for 0.1 s
        await app.run(ready=lambda: _say(f"ready: {names}; Ctrl-C stops"))


@click.command("migrate")
def migrate_() -> None:
    """Bring the database of DATABASE_URL up to date.

    \b
    Example:
      DATABASE_URL=postgresql://sudi:secret@localhost/sudi sudi migrate
    """
    settings = settings_and_logs()

    async def go() -> bool:
        store = Store.open(settings.database_url.get_secret_value())
        try:
            return await migrate(store)
        finally:
            await store.close()

    changed = asyncio.run(go())
    _say(f"database {'brought to' if changed else 'already at'} {head()}")


@click.command()
@click.argument("categories", nargs=-1)
@click.option("--from", "location", help="A saved feed or page (path or URL) instead of the network.")
def fetch(categories: tuple[str, ...], location: str | None) -> None:
    """Read today's listings and match them; by default the categories that subscriptions want.

    \b
    Example:
      sudi fetch cs.LG cs.CL
      sudi fetch --from saved-feed.xml
    """
    settings = settings_and_logs()
    codes = [known_category(code) for code in categories] or None
    asyncio.run(_fetch(settings, codes, location))


def known_category(code: str) -> str:
    """The canonical code of a category; SettingsError names the nearest ones."""
    found = taxonomy.resolve(code)
    if found is None:
        nearest = ", ".join(taxonomy.suggest(code)) or "cs.LG"
        raise SettingsError([f"{code}: there is no such category; did you mean {nearest}?"])
    return found


async def _fetch(settings: Settings, codes: list[str] | None, location: str | None) -> None:
    async with root.opened(settings, beside=True) as app:
        if location is not None:
            day = await app.read_file(location)
        else:
            codes = codes if codes is not None else await app.reader.wanted()
            if not codes:
                _say("nobody has subscribed yet; name categories: sudi fetch cs.LG cs.CL")
                return
            with _progress() as (bar, advance):
                bar.add_task("listings", total=len(codes) * len(app.settings.bot_sources))
                day = await app.read(codes, advance)
        coverage = await _coverage(app, day)
        report = await app.summarize()
    for name, reading in day.readings.items():
        read_, same, bad = len(reading.listings), len(reading.unchanged), len(reading.faults)
        _say(f"{name}: {read_} listings read, {same} unchanged, {bad} failed")
        for fault in reading.faults:
            _say(f"  {fault}")
    for row in coverage:
        _say(f"  {row}")
    done = day.ingested
    _say(f"{done.announced} announcements, {done.new} new, {done.matched} matches")
    _say_of_texts(report)
    if any(reading.faults for reading in day.readings.values()):
        sys.exit(1)


async def _coverage(app: root.App, day: Day) -> list[str]:
    """What was read of each category, of how many, by whose count, when."""
    listings = [one for reading in day.readings.values() for one in reading.listings]
    async with app.store.read() as tx:
        rows = await tx.papers.coverage({one.date for one in listings})
    read_ = {(one.category, one.date) for one in listings}
    mine = [one for one in rows if (one.category, one.date) in read_]
    return coverage_rows(mine, "en", app.settings.bot_timezone)


class _progress:
    """A bar on standard error; `advance` takes one outcome."""

    def __enter__(self) -> tuple[Progress, Callable[[Outcome], None]]:
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._bar.start()
        return self._bar, lambda _outcome: self._bar.advance(self._bar.task_ids[0])

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()


@click.command()
def send() -> None:
    """Deliver now whatever has matched and was not delivered, whatever the time of day.

    Chinese texts that have come late are put into the messages of earlier digests, where a channel can do that.

    \b
    Example:
      sudi fetch && sudi send
    """
    settings = settings_and_logs()

    async def go() -> bool:
        async with root.opened(settings) as app:
            _say_of_texts(await app.summarize())
            filled = await app.fill()
            await app.plan_all()
            tallies = await app.deliver()
        if filled:
            _say(f"texts that came late are in {filled} {'digest' if filled == 1 else 'digests'} now")
        for name, tally in tallies.items():
            _say(
                f"{name}: {tally.sent} digests with {tally.papers} papers sent, "
                f"{tally.retried} to be tried again, {tally.refused} refused"
            )
        return not any(tally.retried or tally.refused for tally in tallies.values())

    if not settings.bot_channels:
        raise SettingsError(["BOT_CHANNELS: names no channel to send on (for example: BOT_CHANNELS=email)"])
    if not asyncio.run(go()):
        sys.exit(1)


def _say_of_texts(report: SummaryReport) -> None:
    """What the models did and cost, where there was something to do."""
    if report.papers and (report.made or report.failed):
        spent = report.spent
        cost = f"{spent.calls} calls, {spent.tokens} tokens, cost {spent.cost / 1e6:.4f}"
        made = f"{report.made} made, {report.known} known, {report.flawed} answers refused by the gate"
        _say(f"texts: {made}, {report.failed} papers left; today {cost}")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
