"""What Discord says: answers, messages, servers and interactions, as discord.py expects them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import discord
from aiohttp import web

BOT = {"id": "123", "username": "sudi", "discriminator": "0", "avatar": None, "bot": True}
APPLICATION = {
    "id": "123",
    "name": "sudi",
    "description": "",
    "icon": None,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "0" * 64,
    "flags": 0,
    "owner": BOT,
    "team": None,
}
ALL_RIGHTS = str(discord.Permissions.all().value)


@dataclass(frozen=True, slots=True)
class Post:
    """One message that was stored."""

    id: str
    channel: str
    body: dict[str, Any]
    at: float


def said(status: int, body: Any = None, headers: dict[str, str] | None = None, **error: Any) -> web.Response:
    """An answer; discord.py reads JSON only under the bare content type."""
    data = json.dumps(error if body is None else body).encode()
    return web.Response(status=status, body=data, headers={"Content-Type": "application/json"} | (headers or {}))


def limited(seconds: float, *, is_global: bool = False) -> web.Response:
    """A 429 of Discord's own limiter, which `Via` tells from Cloudflare's."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": is_global}
    headers = {"Via": "1.1 google", "Retry-After": str(seconds)}
    return said(429, body, headers | ({"X-RateLimit-Global": "true"} if is_global else {}))


def shown(post: Post) -> dict[str, Any]:
    """A message as Discord gives it back."""
    return {
        "id": post.id,
        "channel_id": post.channel,
        "author": BOT,
        "content": post.body.get("content", ""),
        "timestamp": "2026-06-10T06:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": post.body.get("embeds", []),
        "pinned": False,
        "type": 0,
        "components": post.body.get("components", []),
        "nonce": post.body.get("nonce"),
    }


def too_much(body: dict[str, Any]) -> list[str]:
    """The one limit that the schema cannot say."""
    texts = [
        one.get("title", "") + one.get("description", "") + one.get("footer", {}).get("text", "")
        for one in body.get("embeds", ())
    ]
    return ["embeds: 6000 together"] if sum(map(len, texts)) > 6000 else []


def guild(number: str = "900", channels: tuple[str, ...] = ("700",), rights: str = ALL_RIGHTS) -> dict[str, Any]:
    """A server as the gateway tells of it, and as `/users/@me/guilds` does."""
    return {
        "id": number,
        "name": f"Lab {number}",
        "owner_id": "1",
        "permissions": rights,
        "member_count": 3,
        "roles": [],
        "channels": [{"id": one, "name": f"c{one}", "type": 0, "position": 0} for one in channels],
        "members": [],
        "threads": [],
        "emojis": [],
        "stickers": [],
        "features": [],
        "verification_level": 0,
        "nsfw_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "premium_tier": 0,
        "system_channel_flags": 0,
        "preferred_locale": "en-US",
        "afk_timeout": 60,
    }


def interaction(number: str, *, locale: str = "en-US", rights: str = ALL_RIGHTS, **data: Any) -> dict[str, Any]:
    """Something that a member of server 900 does in channel 700."""
    user = {"id": "42", "username": "ottoline", "discriminator": "0", "avatar": None, "global_name": "Ottoline"}
    member = {
        "user": user,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "permissions": rights,
        "flags": 0,
        "deaf": False,
        "mute": False,
    }
    return {
        "id": number,
        "application_id": "123",
        "type": 2,
        "token": f"t{number}",
        "version": 1,
        "guild_id": "900",
        "channel_id": "700",
        "channel": {"id": "700", "type": 0, "name": "c700", "guild_id": "900", "position": 0},
        "member": member,
        "locale": locale,
        "guild_locale": "en-US",
        "app_permissions": ALL_RIGHTS,
        "entitlements": [],
        "authorizing_integration_owners": {"0": "900"},
        "context": 0,
        "attachment_size_limit": 1,
        **data,
    }


def command(name: str, **options: str) -> dict[str, Any]:
    """What somebody does who picks `/papers NAME`."""
    given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
    verb = {"name": name, "type": 1, "options": given}
    return {"data": {"id": "1", "name": "papers", "type": 1, "options": [verb]}}


def contents(answers: list[tuple[str, Any]]) -> list[str]:
    """The texts of follow-ups."""
    return [body["content"] for kind, body in answers if kind == "followup"]
