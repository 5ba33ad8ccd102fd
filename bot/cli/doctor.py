"""`sudi doctor`: try everything once, say in one line each: ok, or what to do."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

import click
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot import channels, sources
from bot.cli.health import troubles_of
from bot.cli.service import settings_and_logs
from bot.commands.newcomers import defaults
from bot.commands.overview import refusing
from bot.errors import ChannelError, SettingsError, SourceError, StoreError, SudiError
from bot.health import Kind
from bot.jobs.configuration import of_settings
from bot.logs import Lines
from bot.model import Destination, Subscription
from bot.presentation.faults import fault_lines, unreadable_lines
from bot.presentation.health import trouble_line, trouble_lines
from bot.settings import EXAMPLES, Settings
from bot.sources.client import LocalPacer, PoliteClient
from bot.store import Store
from bot.store.migrate import head
from bot.summaries.trial import trial

_TRIED_CATEGORY = "cs.LG"
_SHOWN = 10
_ABOUT = {Kind.SETTING_UNKNOWN: "settings", Kind.ADMINS_DEAF: "admins", Kind.MAILS_UNREAD: "email"}


@click.command()
def doctor() -> None:
    """Show what is configured, and try the database, each channel, source and model once.

    \b
    Example:
      sudi doctor
    """
    settings = settings_and_logs(is_quiet=True)
    if not asyncio.run(_examine(settings)):
        sys.exit(1)


async def _examine(settings: Settings) -> bool:
    hide = Lines(settings.secrets()).hide
    sound = True
    async for name, verdict in _verdicts(settings):
        good = not isinstance(verdict, SudiError)
        sound = sound and good
        mark = click.style("ok  ", fg="green") if good else click.style("FAIL", fg="red")
        click.echo(f"{mark} {name:<10} {hide(str(verdict))}")
    return sound


async def _verdicts(settings: Settings) -> AsyncIterator[tuple[str, str | SudiError]]:
    yield "settings", _configured(settings)
    wrong = list(of_settings(settings))
    for one in wrong:
        yield _ABOUT[one.kind], SudiError("\n".join(trouble_lines([one], "en")))
    database = await _tried(lambda: _database(settings))
    yield "database", database
    if Kind.ADMINS_DEAF not in {one.kind for one in wrong}:
        yield "admins", _admins(settings)
    if not isinstance(database, SudiError) and Store.is_there(settings.database_url.get_secret_value()):
        async for row in _destinations(settings):
            yield row
        async for row in _work(settings):
            yield row
    for name in settings.bot_channels:
        yield name, await _tried(lambda name=name: _channel(name, settings))  # type: ignore[misc]
    if not settings.bot_channels:
        yield "channels", trouble_line(Kind.NO_CHANNEL)
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
    except StoreError as error:
        return _wrong(Kind.DATABASE_AWAY, reason=str(error))
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
    waiting = f"{url.render_as_string(hide_password=True)} {trouble_line(Kind.DATABASE_EMPTY)}"
    if not Store.is_there(settings.database_url.get_secret_value()):
        return waiting
    store = Store.open(settings.database_url.get_secret_value(), exclusive=False)
    try:
        found = await store.revision()
        if found is None:
            return waiting
        if found != head():
            raise _wrong(Kind.DATABASE_OLD)
        await store.ensure_writable()
        return f"{url.render_as_string(hide_password=True)} up to date, {await store.space()}"
    except (DBAPIError, OSError) as error:
        raise _wrong(Kind.DATABASE_AWAY, reason=str(getattr(error, "orig", error))) from error
    finally:
        await store.close()


def _admins(settings: Settings) -> str:
    if not settings.bot_admins:
        return f"nobody hears of faults; set BOT_ADMINS={EXAMPLES['BOT_ADMINS']}"
    return f"{len(settings.bot_admins)} people hear of faults"


async def _work(settings: Settings) -> AsyncIterator[tuple[str, str | SudiError]]:
    """What running processes say of themselves, and what is overdue; what could not be read is told elsewhere."""
    for one in await troubles_of(settings):
        if one.kind is Kind.NOT_RUNNING:
            yield "running", trouble_line(one.kind)
            if settings.is_listening and (reason := _taken(settings.listen)):
                yield "BOT_LISTEN", _wrong(Kind.PORT_TAKEN, reason=reason)
        elif one.kind is not Kind.MISSING and not one.is_small:
            yield "health", SudiError("\n".join(trouble_lines([one], "en")))


def _taken(listen: str) -> str:
    """Why an address cannot be listened at; empty when it can."""
    host, _, port = listen.rpartition(":")
    try:
        socket.create_server((host.strip("[]"), int(port)), reuse_port=False).close()
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        return f"BOT_LISTEN={listen} cannot be used: {cause}"
    return ""


def _wrong(kind: Kind, **values: str) -> SudiError:
    return SudiError(trouble_line(kind, **values))


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
    except ChannelError as error:
        if error.permanent:
            raise _wrong(Kind.CHANNEL_REFUSED, channel=name, reason=error.reason) from error
        raise
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
