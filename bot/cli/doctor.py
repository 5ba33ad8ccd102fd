"""`sudi doctor`: try everything once, say in one line each: ok, or what to do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

import click
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot import channels, sources
from bot.app import defaults
from bot.cli.service import settings_and_logs
from bot.commands.overview import refusing
from bot.errors import SettingsError, SourceError, StoreError, SudiError
from bot.logs import SecretsHidden
from bot.model import Destination, Subscription
from bot.presentation.faults import fault_lines, unreadable_lines
from bot.settings import EXAMPLES, Settings
from bot.sources.client import LocalPacer, PoliteClient
from bot.store import Store
from bot.store.migrate import head
from bot.summaries.trial import trial

_TRIED_CATEGORY = "cs.LG"
_SHOWN = 10


@click.command()
def doctor() -> None:
    """Show what is configured, and try the database, each channel, source and model once.

    \b
    Example:
      sudi doctor
    """
    settings = settings_and_logs()
    if not asyncio.run(_examine(settings)):
        sys.exit(1)


async def _examine(settings: Settings) -> bool:
    hide = SecretsHidden(settings.secrets()).hide
    sound = True
    async for name, verdict in _verdicts(settings):
        good = not isinstance(verdict, SudiError)
        sound = sound and good
        mark = click.style("ok  ", fg="green") if good else click.style("FAIL", fg="red")
        click.echo(f"{mark} {name:<10} {hide(str(verdict))}")
    return sound


async def _verdicts(settings: Settings) -> AsyncIterator[tuple[str, str | SudiError]]:
    yield "settings", _configured(settings)
    database = await _tried(lambda: _database(settings))
    yield "database", database
    yield "admins", _admins(settings)
    if not isinstance(database, SudiError):
        async for row in _destinations(settings):
            yield row
    for name in settings.bot_channels:
        yield name, await _tried(lambda name=name: _channel(name, settings))  # type: ignore[misc]
    if not settings.bot_channels:
        yield "channels", "none: `sudi run` serves this terminal; set BOT_CHANNELS=email to reach people"
    for name in settings.bot_sources:
        yield name, await _tried(lambda name=name: _source(name, settings))  # type: ignore[misc]
    try:
        async for verdict in trial(settings):
            yield "chinese", verdict
    except SettingsError as error:
        yield "chinese", error


async def _tried(attempt: Callable[[], Awaitable[str]]) -> str | SudiError:
    try:
        return await attempt()
    except SudiError as error:
        return error


def _configured(settings: Settings) -> str:
    given = sorted(settings.model_fields_set)
    shown = [f"{name.upper()}={_shown(getattr(settings, name))}" for name in given]
    slot = defaults(settings).slot
    usual = f"new readers get {settings.bot_language} at {slot.clock} {slot.zone}"
    return f"{' '.join(shown) or 'nothing set: all defaults'}; {usual}"


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


async def _database(settings: Settings) -> str:
    url = make_url(settings.database_url.get_secret_value())
    store = Store.open(settings.database_url.get_secret_value(), exclusive=False)
    try:
        found = await store.revision()
        waiting = "not there yet: `sudi migrate` or `sudi run` makes it"
        state = waiting if found is None else "up to date" if found == head() else "old: run `sudi migrate`"
        if found is None:
            return f"{url.render_as_string(hide_password=True)} {state}"
        space = await store.space()
        if space.is_tight:
            raise StoreError(
                f"the disk is nearly full: the database takes {space}; see BOT_KEEP_DAYS, `sudi vacuum`"
            )
        return f"{url.render_as_string(hide_password=True)} {state}, {space}"
    except (DBAPIError, OSError) as error:
        cause = getattr(error, "orig", error)
        raise StoreError(f"cannot reach {url.render_as_string(hide_password=True)}: {cause}") from error
    finally:
        await store.close()


def _admins(settings: Settings) -> str | SudiError:
    if not settings.bot_admins:
        return f"nobody hears of faults; set BOT_ADMINS={EXAMPLES['BOT_ADMINS']}"
    deaf = sorted({one.partition(":")[0] for one in settings.bot_admins} - set(settings.bot_channels))
    if deaf:
        return SettingsError([f"BOT_ADMINS: {', '.join(deaf)} is not in BOT_CHANNELS, so nobody is told there"])
    return f"{len(settings.bot_admins)} people hear of faults"


async def _destinations(settings: Settings) -> AsyncIterator[tuple[str, str | SudiError]]:
    """Destinations, those that refuse their digests, and open faults; nothing from an old database."""
    store = Store.open(settings.database_url.get_secret_value(), exclusive=False)
    try:
        if await store.revision() != head():
            return
        async with store.read() as tx:
            destinations = await tx.subscribers.destinations()
            missing = await tx.faults.missing()
            unreadable = await tx.unreadable.known()
    except (DBAPIError, OSError, StoreError):
        return  # the database has said so
    finally:
        await store.close()
    yield "destinations", f"{len(destinations)}; {_refused(refusing(destinations)) or 'none refuses its digests'}"
    for line in fault_lines(missing, "en"):
        yield "reading", SudiError(line)
    for line in _unreadable(unreadable, {one.id: one for one in destinations}):
        yield "query", SudiError(line)


def _unreadable(subscriptions: Sequence[Subscription], destinations: Mapping[int, Destination]) -> Iterator[str]:
    """The subscriptions that bring nothing any more, a line each."""
    for one in subscriptions[:_SHOWN]:
        destination = destinations[one.destination_id]
        said = " ".join(unreadable_lines([one], "reply.unreadable", "en")).replace("\n", " ")
        yield f"{destination.channel} {destination.address}: {said}"
    if len(subscriptions) > _SHOWN:
        yield f"and {len(subscriptions) - _SHOWN} more subscriptions cannot be read"


def _refused(destinations: Sequence[Destination]) -> str:
    shown = "; ".join(f"{one.channel} {one.address} ({one.paused})" for one in destinations[:_SHOWN])
    more = f" and {len(destinations) - _SHOWN} more" if len(destinations) > _SHOWN else ""
    return f"paused until somebody types resume there, because they refused: {shown}{more}" if destinations else ""


async def _channel(name: str, settings: Settings) -> str:
    channel = channels.load(name, settings)
    try:
        return await channel.check()
    finally:
        await channel.close()


async def _source(name: str, settings: Settings) -> str:
    client = PoliteClient.create(settings, LocalPacer())
    try:
        source = sources.load(name, settings, client)
        async for outcome in source.fetch([_TRIED_CATEGORY], {}):
            if isinstance(outcome, SourceError):
                raise outcome
            if isinstance(outcome, sources.Unchanged):
                return "reached, nothing has changed"
            return f"{outcome.category} of {outcome.date}: {len(outcome.announcements)} announcements"
        raise SourceError(_TRIED_CATEGORY, "the source gave no answer")
    finally:
        await client.close()
