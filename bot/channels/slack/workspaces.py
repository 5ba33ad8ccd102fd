"""The workspaces that have installed the app, and our token in each: bolt's own store, in the bot's database.

Only for SLACK_CLIENT_ID; a bot for one workspace has its token from the settings, and none of this.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.channels.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from bot.errors import ChannelError
from bot.settings import Settings

_FRESH = 60.0  # seconds for which another process may not know that a workspace has left
_STATE_SECONDS = 600
_CONNECTIONS = 2  # to the database, beside those of the store

log = logging.getLogger(__name__)


class Workspace(NamedTuple):
    """One that has installed the app."""

    team: str
    name: str


class Workspaces:
    """Who has installed the app, and how others do."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = _engine(settings.database_url.get_secret_value())
        self._installations = _Installations(settings.slack_client_id, self._engine)
        self._states = _States(_STATE_SECONDS, self._engine)
        self._known: dict[str, tuple[float, Bot]] = {}
        self._is_ready = False

    @property
    def link(self) -> str:
        """Where people install the app."""
        return f"{self._settings.bot_public_url or 'https://(your address)'}{INSTALL_PATH}"

    async def token(self, team: str) -> str:
        """Our token in a workspace; ChannelError when it has not installed the app."""
        bot = await self._bot(team)
        if bot is None:
            raise ChannelError(f"the app is not installed in this workspace: {self.link}", permanent=True)
        return bot.bot_token

    async def authorized(self, team_id: str | None, enterprise_id: str | None) -> AuthorizeResult | None:
        """Who we are in a workspace, as bolt asks for it."""
        bot = await self._bot(team_id or "")
        if bot is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=bot.bot_token,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
        )

    async def all(self) -> list[Workspace]:
        """Every workspace that has installed the app."""
        rows = self._installations.bots.c
        mine = select(rows.team_id, rows.team_name).where(rows.client_id == self._settings.slack_client_id)
        with _translated():
            await self._ready()
            async with self._engine.connect() as connection:
                found = await connection.execute(mine.order_by(rows.installed_at))
                return [Workspace(*each) for each in {row.team_id: row for row in found}.values()]

    async def forget(self, team: str) -> None:
        """A workspace has removed the app: its tokens are of no use any more."""
        self._known.pop(team, None)
        with _translated():
            await self._ready()
            await self._installations.async_delete_all(enterprise_id=None, team_id=team)

    async def flow(self, client: AsyncWebClient) -> AsyncOAuthFlow:
        """How people install the app: pages that bolt serves."""
        with _translated():
            await self._ready()
        settings = self._settings
        secret = settings.slack_client_secret
        return AsyncOAuthFlow(
            client=client,
            settings=AsyncOAuthSettings(
                client_id=settings.slack_client_id,
                client_secret=secret.get_secret_value() if secret else "",
                scopes=SCOPES,
                authorization_url=urljoin(settings.slack_api_url, "/oauth/v2/authorize"),
                redirect_uri=settings.bot_public_url and f"{settings.bot_public_url}{REDIRECT_PATH}",
                install_path=INSTALL_PATH,
                redirect_uri_path=REDIRECT_PATH,
                installation_store=self._installations,
                state_store=self._states,
            ),
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._engine.dispose()

    async def _bot(self, team: str) -> Bot | None:
        at, bot = self._known.get(team, (0.0, None))
        if bot is not None and time.monotonic() - at < _FRESH:
            return bot
        with _translated():
            await self._ready()
            found = await self._installations.async_find_bot(enterprise_id=None, team_id=team)
        if found is None:
            self._known.pop(team, None)
        else:
            self._known[team] = (time.monotonic(), found)
        return found

    async def _ready(self) -> None:
        if not self._is_ready:
            await self._installations.create_tables()  # type: ignore[no-untyped-call]
            await self._states.create_tables()  # type: ignore[no-untyped-call]
            self._is_ready = True


class _Installations(AsyncSQLAlchemyInstallationStore):
    """Bolt's store, by workspace alone: an address names no Enterprise Grid that a workspace may belong to."""

    async def async_save(self, installation: Installation) -> None:
        """Keep the token of a workspace that has just installed the app."""
        installation.enterprise_id = None
        await super().async_save(installation)
        log.info("slack_installed team=%s", installation.team_id)


class _States(AsyncSQLAlchemyOAuthStateStore):
    """Bolt's store of installations that were begun; abandoned ones expire."""

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A state for one more."""
        over = self.oauth_states.delete().where(
            self.oauth_states.c.expire_at < datetime.now(UTC).replace(tzinfo=None)
        )
        async with self.engine.begin() as connection:
            await connection.execute(over)
        return await super().async_issue(*args, **kwargs)


def _engine(url: str) -> AsyncEngine:
    address = make_url(url)
    is_sqlite = address.get_backend_name() == "sqlite"
    # Of a pooler before PostgreSQL nothing is asked that it refuses, as in the store.
    options: dict[str, Any] = {"timeout": 30} if is_sqlite else {"prepare_threshold": None}
    return create_async_engine(
        address.set(drivername="sqlite+aiosqlite" if is_sqlite else "postgresql+psycopg"),
        connect_args=options,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
    )


@contextmanager
def _translated() -> Iterator[None]:
    """A database that is away, as the outbox understands it."""
    try:
        yield
    except SQLAlchemyError as error:
        raise ChannelError(f"the tokens of the workspaces cannot be read: {type(error).__name__}") from error
