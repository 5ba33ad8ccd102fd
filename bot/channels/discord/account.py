"""The bot's account as an admin sees it: whether the token is right, what the bot may do, how it is installed."""

from __future__ import annotations

from collections.abc import Mapping

import discord
from discord.http import Route

from bot.channels.discord.cards import Style
from bot.channels.discord.rest import Rest
from bot.errors import ChannelError

_SHOWN = 5  # servers with too few rights


def needed(style: Style) -> discord.Permissions:
    """What the bot needs in a channel, and nothing else."""
    rights = discord.Permissions(view_channel=True, send_messages=True, embed_links=True)
    if style == "thread":
        rights.update(create_public_threads=True, send_messages_in_threads=True)
    return rights


def lacking(granted: discord.Permissions, style: Style) -> list[str]:
    """The names of the rights that are missing, as Discord's settings call them."""
    if granted.administrator:
        return []
    wanted = needed(style)
    return [title for name, title in _TITLES.items() if getattr(wanted, name) and not getattr(granted, name)]


_TITLES: Mapping[str, str] = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
}


async def install_link(rest: Rest, style: Style) -> str:
    """Where a server's admin installs the bot: https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow."""
    application = await rest.ask(Route("GET", "/oauth2/applications/@me"))
    return discord.utils.oauth_url(
        application["id"], permissions=needed(style), scopes=("bot", "applications.commands")
    )


async def examined(rest: Rest, style: Style) -> str:
    """Who the bot is and on how many servers; ChannelError says whether the token or the rights are wrong."""
    me = await rest.ask(Route("GET", "/users/@me"))
    servers = await rest.ask(Route("GET", "/users/@me/guilds"))
    poor = {}
    for server in servers:
        if names := lacking(discord.Permissions(int(server["permissions"])), style):
            poor[server["name"]] = names
    if poor:
        rows = "; ".join(f"on {server!r}: {', '.join(names)}" for server, names in list(poor.items())[:_SHOWN])
        raise ChannelError(
            f"the token is right, but rights are missing {rows}. Install it again: sudi discord invite"
        )
    found = f"{len(servers)} server{'' if len(servers) == 1 else 's'}"
    return f"logged in as {me['username']}, on {found}" + (
        "" if servers else "; to install it: sudi discord invite"
    )
