"""Access tokens for mail servers that take no password (RFC 6749, 6), made from a refresh token of the admin."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from bot.bodies import answer_to
from bot.certificates import trusted
from bot.channels.email.server import quoted
from bot.errors import ChannelError, SettingsError

_SECONDS = 20.0
_EARLY = 60.0  # seconds before its end a token is not used any more
_USUAL = 3600.0  # seconds for which a token is good where nothing is said
_LARGEST = 65_536  # bytes of an answer
_FIELDS = ("client", "refresh", "secret", "scope")


@dataclass(frozen=True, slots=True)
class Grant:
    """What SMTP_OAUTH or IMAP_OAUTH says."""

    endpoint: str
    client: str
    refresh: str = field(repr=False)  # the token, or the path of a file that holds it
    secret: str = field(default="", repr=False)
    scope: str = ""

    @property
    def file(self) -> Path | None:
        """The file of the refresh token, where it is in one."""
        return Path(self.refresh) if self.refresh.startswith("/") else None


def grant(setting: str, text: str) -> Grant:
    """Read `ENDPOINT client=ID refresh=TOKEN`; SettingsError says what is missing."""
    endpoint, *rest = text.split() or [""]
    given = dict(one.partition("=")[::2] for one in rest)
    wrong = [name for name in given if name not in _FIELDS]
    lacking = [name for name in ("client", "refresh") if not given.get(name)]
    if not endpoint.startswith(("https://", "http://127.0.0.1:")) or wrong or lacking:
        what = (
            "must be the token endpoint (https://...), client=ID, refresh=TOKEN, and secret= and scope= if need be"
        )
        raise SettingsError([f"{setting}: {what}"])
    given["scope"] = given.get("scope", "").replace("+", " ")
    return Grant(endpoint, **given)


class AccessTokens:
    """Access tokens for one account, asked for when they are needed and kept as long as they are good."""

    def __init__(self, setting: str, of: Grant, clock: Callable[[], float] = time.monotonic) -> None:
        """`setting` is the name that errors tell."""
        self._setting = setting
        self._grant = of
        self._clock = clock
        self._refresh = ""
        self._token = ""
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """Return a token that is valid for at least a minute; ChannelError quotes the token server."""
        async with self._lock:
            if not self._token or self._clock() >= self._until:
                await self._ask()
            return self._token

    def forget(self) -> None:
        """Fetch a new token the next time, because a server has refused this one."""
        self._token = ""

    async def _ask(self) -> None:
        given, host = self._grant, httpx2.URL(self._grant.endpoint).host
        fields = {"grant_type": "refresh_token", "client_id": given.client, "refresh_token": await self._known()}
        fields |= {"client_secret": given.secret} if given.secret else {}
        fields |= {"scope": given.scope} if given.scope else {}
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS, verify=trusted()) as client:
                answer = await answer_to(client, "POST", given.endpoint, most=_LARGEST, data=fields)
            said = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ChannelError(f"{self._setting}: {host} makes no token: {type(error).__name__}") from None
        if not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
            words = (
                " ".join(str(said.get(name, "")) for name in ("error", "error_description"))
                if isinstance(said, dict)
                else ""
            )
            reason = f"{self._setting}: {host} makes no token (HTTP {answer.status_code}): {quoted(words)}"
            raise ChannelError(reason, permanent=False)
        lasts = said.get("expires_in")
        self._token = said["access_token"]
        self._until = self._clock() + (float(lasts) if isinstance(lasts, int | float) else _USUAL) - _EARLY
        if isinstance(newer := said.get("refresh_token"), str) and newer:
            await self._keep(newer)

    async def _known(self) -> str:
        if self._refresh:
            return self._refresh
        if (file := self._grant.file) is None:
            return self._grant.refresh
        try:
            return (await asyncio.to_thread(file.read_text, "utf-8")).strip()
        except OSError as error:
            raise ChannelError(f"{self._setting}: cannot read {file}: {error.strerror}") from None

    async def _keep(self, newer: str) -> None:
        """Use the newer refresh token from now on; after a restart, too, where it is in a file."""
        self._refresh = newer
        if (file := self._grant.file) is not None:
            try:
                await asyncio.to_thread(_replace, file, newer)
            except OSError as error:
                raise ChannelError(f"{self._setting}: cannot write {file}: {error.strerror}") from None


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write(f"{text}\n")
    beside.replace(file)
