"""The app as Slack is told about it: https://docs.slack.dev/reference/app-manifest"""

from __future__ import annotations

from typing import Any

from bot.verbs import PREFIX, Verb

SCOPES = (
    "app_mentions:read",
    "channels:history",  # to look for a message whose answer was lost
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "users:read",  # who is a guest, who an admin; language and time zone
)
"""What the bot may do."""

EVENTS = (
    *("app_home_opened", "app_mention", "app_uninstalled"),
    *("channel_id_changed", "message.im", "tokens_revoked"),
)
"""What it is told of."""

EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH = "/slack/events", "/slack/install", "/slack/oauth_redirect"
"""What we answer by HTTP: signed events; and, for several workspaces, their installation."""


def manifest(url: str = "", redirect: str = "") -> dict[str, Any]:
    """The manifest of an app for Socket Mode, or for HTTP at the public address `url`.

    `redirect` is the public address of REDIRECT_PATH, for an app that several workspaces install.
    """
    at = {"url": url} if url else {}
    redirects = {"redirect_urls": [redirect]} if redirect else {}
    requests = {"request_url": url} if url else {}
    return {
        "display_information": {
            "name": "Sudi",
            "description": "The papers you asked for, each working day, in English and Chinese.",
            "background_color": "#1f3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Sudi", "always_online": True},
            "slash_commands": [
                {
                    "command": PREFIX,
                    "description": "Subscribe to papers / 订阅论文",
                    "usage_hint": f'{Verb.SUBSCRIBE} cs.LG "kv cache" | {Verb.LIST} | {Verb.HELP}',
                    "should_escape": False,
                    **at,
                }
            ],
        },
        "oauth_config": {**redirects, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS), **requests},
            "interactivity": {"is_enabled": True, **requests},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }
