"""Slack's Web API: how it is reached, and what its answers mean for the outbox.

Nothing is sent again here: Slack knows no key by which it would recognise a repetition, so the outbox looks first.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import ChannelError
from bot.leases import before_requests

ANSWER_TIMEOUT = 30.0
"""Seconds for one call."""

BUSY = timedelta(seconds=30)
"""How long to wait after a 429 that names no time."""

_TOO_MANY = 429
_SDK_LOG = logging.getLogger("slack_sdk")
_SDK_LOG.setLevel(logging.INFO)  # without a level of its own, the library writes down each message for nobody
_GONE = frozenset(
    {
        "access_denied", "account_inactive", "cannot_dm_bot", "channel_is_limited_access", "channel_not_found",
        "ekm_access_denied", "enterprise_is_restricted", "invalid_auth", "invalid_user_combination", "is_archived",
        "is_inactive",
        "messages_tab_disabled", "missing_scope", "no_permission", "not_allowed_token_type", "not_authed",
        "message_not_found", "edit_window_closed", "cant_update_message",
        "not_in_channel", "org_login_required", "restricted_action", "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel", "restricted_action_thread_locked",
        "restricted_action_thread_only_channel", "team_access_not_granted", "team_not_found", "token_expired",
        "token_revoked", "two_factor_setup_required", "user_disabled", "user_not_found", "user_not_visible",
    }
)  # fmt: skip
"""Errors by which the destination, or the bot itself, is refused until a person does something:
https://docs.slack.dev/reference/methods/chat.postMessage#errors"""

_PERHAPS = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Errors after which the message may be there all the same."""

NO_TOKEN = frozenset({"account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "token_expired",
                      "token_revoked"})  # fmt: skip
"""Errors that only another token mends."""

_WHERE = {
    **dict.fromkeys(NO_TOKEN, "copy SLACK_BOT_TOKEN again from https://api.slack.com/apps, OAuth & Permissions"),
    "missing_scope": "add it at https://api.slack.com/apps, OAuth & Permissions, and reinstall the app",
    "not_in_channel": "invite the bot: /invite @sudi",
    "channel_not_found": "the channel is gone, or private and without the bot: /invite @sudi",
}
"""What to do about an error that concerns the bot's own token."""

_WHERE_APP_TOKEN = dict.fromkeys(
    [*NO_TOKEN, "missing_scope"],
    "copy SLACK_APP_TOKEN again from https://api.slack.com/apps, Basic Information, App-Level Tokens; it needs the"
    " scope connections:write",
)


def client(token: str | None, url: str, session: aiohttp.ClientSession | None) -> AsyncWebClient:
    """A client that sends each call once; it finds HTTPS_PROXY and HTTP_PROXY by itself."""
    return AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[], logger=_SDK_LOG)


def session() -> aiohttp.ClientSession:
    """Connections for all calls of this process; made inside of the event loop.

    They take nothing else from the environment: a login that .netrc has for everybody would end each call.
    """
    trace = aiohttp.TraceConfig()
    before_requests(trace)
    timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT)
    return aiohttp.ClientSession(timeout=timeout, trace_configs=[trace])


async def socket_address(client: AsyncWebClient, app_token: str) -> str:
    """Where a socket is opened, once; ChannelError says where the right app token stands."""
    answer = await asked(client.apps_connections_open(app_token=app_token), _WHERE_APP_TOKEN)
    return str(answer["url"])


async def asked(call: Awaitable[Any], advice: Mapping[str, str] = _WHERE, *, absent: str = "") -> Any:
    """The answer to one call, None when Slack says the word `absent`.

    ChannelError, with the decision and what to do, for everything else.
    """
    try:
        return await call
    except SlackApiError as error:
        if absent and error_of(error) == absent:
            return None
        raise _refused(error, advice) from None  # the answer may repeat what we sent
    except aiohttp.ClientConnectorError as error:
        cause = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
        what_to_do = "check the network, DNS and proxy of this machine"
        raise ChannelError(f"cannot reach Slack: {what_to_do} ({_kind(cause)})") from error
    except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, ssl.SSLError) as error:
        raise ChannelError(f"no answer from Slack: {_kind(error)}", ambiguous=True) from error


def error_of(error: SlackApiError) -> str:
    """Slack's word for what is wrong; the status if there is none."""
    return str(_data(error).get("error") or f"HTTP {_status(error)}")


def _refused(error: SlackApiError, advice: Mapping[str, str]) -> ChannelError:
    word, status = error_of(error), _status(error)
    if status == _TOO_MANY or word in ("ratelimited", "rate_limited"):
        return ChannelError("Slack asks for a pause", retry_after=_pause(error))
    scope = f": {_data(error)['needed']}" if word == "missing_scope" and _data(error).get("needed") else ""
    what_to_do = f" ({advice[word]})" if word in advice else ""
    return ChannelError(
        f"Slack says {word}{scope}{what_to_do}",
        permanent=word in _GONE,
        ambiguous=word in _PERHAPS or status // 100 == 5 or not _data(error),
    )


def _pause(error: SlackApiError) -> timedelta:
    headers = getattr(error.response, "headers", {})
    seconds = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else BUSY


def _data(error: SlackApiError) -> Mapping[str, Any]:
    data = getattr(error.response, "data", None)
    return data if isinstance(data, Mapping) else {}


def _status(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0))


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__} {error}".strip()[:200]
