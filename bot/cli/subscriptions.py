"""`sudi subscribe`, `unsubscribe`, `now`, `list`, `status`: commands of a chat, typed by an admin for others."""

from __future__ import annotations

import asyncio
import shlex

import click

from bot import app as root
from bot import channels
from bot.channels import Invocation
from bot.cli.service import settings_and_logs
from bot.commands import explained
from bot.errors import SettingsError, UserError
from bot.settings import Settings
from bot.store.migrate import opened_for_one_command


@click.command()
@click.argument("destination", metavar="CHANNEL:ADDRESS")
@click.argument("query")
def subscribe(destination: str, query: str) -> None:
    """Subscribe a destination to a query; the bot may be running.

    \b
    Example:
      sudi subscribe email:ada@example.org 'cs.LG "kv cache" -survey'
      sudi subscribe slack:T0123ABCD/C0123ABCD hep-th
    """
    _say(destination, f"subscribe {query}")


@click.command()
@click.argument("destination", metavar="CHANNEL:ADDRESS")
@click.argument("which", metavar="N|QUERY|all")
def unsubscribe(destination: str, which: str) -> None:
    """End a subscription of a destination, or all of them; the bot may be running.

    \b
    Example:
      sudi unsubscribe email:ada@example.org 2
    """
    _say(destination, f"unsubscribe {which}")


@click.command()
@click.argument("destination", metavar="CHANNEL:ADDRESS")
@click.argument("number", default="", metavar="[N]")
def now(destination: str, number: str) -> None:
    """Have what matched on the last day sent to a destination at once, by the running bot; it counts as sent.

    \b
    Example:
      sudi now email:ada@example.org
    """
    _say(destination, f"now {number}".strip())


@click.command("list")
@click.argument("destination", metavar="[CHANNEL:ADDRESS]", required=False)
def list_(destination: str | None) -> None:
    """List the subscriptions of a destination, or of all, each with what follows `sudi subscribe`.

    \b
    Example:
      sudi list email:ada@example.org
    """
    if destination is None:
        asyncio.run(_list_all(settings_and_logs()))
    else:
        _say(destination, "list")


@click.command()
@click.argument("destination", metavar="CHANNEL:ADDRESS")
def status(destination: str) -> None:
    """Show what a destination gets, when it comes next, and how the bot is.

    \b
    Example:
      sudi status email:ada@example.org
    """
    _say(destination, "status")


def _say(destination: str, text: str) -> None:
    channel, address = _known(destination)
    reply = asyncio.run(_performed(settings_and_logs(), Invocation(channel, address, address, text)))
    click.echo(reply)


def _known(destination: str) -> tuple[str, str]:
    """Channel and address; SettingsError says how to write them."""
    channel, _, address = destination.partition(":")
    if channel not in channels.available() or not address:
        raise SettingsError(
            [f"{destination}: must be CHANNEL:ADDRESS, and the channel one of {', '.join(channels.available())}"]
        )
    return channel, address.lower() if channel == "email" else address


async def _performed(settings: Settings, invocation: Invocation) -> str:
    async with root.opened(settings, beside=True) as app:
        try:
            return (await app.commands.perform(invocation)).text
        except UserError as error:
            raise SettingsError([explained(error, "en")]) from None


async def _list_all(settings: Settings) -> None:
    store = await opened_for_one_command(settings.database_url.get_secret_value())
    try:
        async with store.read() as tx:
            for one in await tx.subscribers.destinations():
                for subscription in await tx.subscribers.subscriptions(one.id):
                    state = "  (paused)" if one.paused or subscription.paused else ""
                    click.echo(f"{one.channel}:{one.address} {shlex.quote(subscription.query)}{state}")
    finally:
        await store.close()
