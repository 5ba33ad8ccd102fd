"""Our account in Slack as `sudi doctor` sees it: whether the tokens are right, and what the app may do."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.manifest import SCOPES
from bot.channels.slack.web import asked, socket_address
from bot.errors import ChannelError
from bot.settings import Settings

NO_WAY_IN = "set SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET, to take them"


async def examined(client: AsyncWebClient) -> str:
    """Who we are in a workspace; ChannelError names the scopes that are missing."""
    answer = await asked(client.auth_test())
    granted = {one.strip() for one in answer.headers.get("x-oauth-scopes", "").split(",")} - {""}
    missing = [one for one in SCOPES if one not in granted] if granted else []
    if missing:
        raise ChannelError(
            f"the app lacks {', '.join(missing)}: add them at https://api.slack.com/apps, OAuth & Permissions,"
            " or paste the manifest of `sudi slack manifest` again, and reinstall the app"
        )
    return f"{answer['team']} ({answer['team_id']}) as {answer['user']}"


async def way_in(client: AsyncWebClient, settings: Settings) -> str:
    """How commands will come in; tried, when it is by socket."""
    if settings.slack_app_token is None:
        return "commands by signed HTTP" if settings.slack_signing_secret else "no commands: " + NO_WAY_IN
    await socket_address(client, settings.slack_app_token.get_secret_value())
    return "commands by socket"
