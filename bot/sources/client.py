"""The one way out to arXiv for the whole installation: one connection, one request in three seconds.

arXiv asks this of everybody, over all machines of an installation: https://info.arxiv.org/help/api/tou.html,
and fifteen seconds for its HTML pages: the Crawl-delay of https://arxiv.org/robots.txt.
A path or a `file://` URL is read from the disk instead, so that every run can be rehearsed offline.

Not its job: what a page says (the sources read it), and when to ask again (SourceError carries the time).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

import httpx2 as httpx

from bot.bodies import BodyError, body_of
from bot.certificates import trusted
from bot.errors import SourceError
from bot.model import Validator
from bot.settings import Settings
from bot.sources.limits import MAX_BYTES

SPACING = timedelta(seconds=3)
PAGE_SPACING = timedelta(seconds=15)
COOL_DOWN = timedelta(seconds=60)
"""How long nobody asks after a refusal that names no time."""
LONGEST_COOL_DOWN = timedelta(days=1)
"""However long a server asks for: a slip of its clock must not silence the bot for good."""
PATIENCE = timedelta(minutes=2)
"""A lease further away than this is an error with a `retry_after`, not a wait."""
MAX_REDIRECTS = 3
TIMEOUT = timedelta(seconds=90)
"""For one whole exchange; each step of it (connecting, one read) has thirty seconds."""
LEASE = TIMEOUT + timedelta(seconds=20)
"""How long a lease lasts when the process that has it dies; shorter than PATIENCE, so that others live on."""

_ACCEPT = "application/rss+xml, application/atom+xml;q=0.9, application/xml;q=0.8, text/plain;q=0.7, */*;q=0.1"
_REFUSED = b"rate exceeded"  # a plain text that any of arXiv's hosts may answer, whatever the status
_ARXIV = "arxiv.org"
_WITH_BODY = (200, 400)
_BLINK = timedelta(milliseconds=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that is ours until `until`; or that is not, and `until` is when to ask again at the latest."""

    is_ours: bool
    until: datetime


class Pacer(Protocol):
    """Keeps the leases of every process that talks to the same site: one at a time; instants are aware UTC."""

    async def take(self, key: str, lease: timedelta) -> Lease:
        """The lease, if it is free and no pause holds."""
        ...

    async def give_back(self, key: str, lease: Lease, rest: timedelta) -> None:
        """End a lease of ours; the next one is given after `rest`."""
        ...

    async def hold(self, key: str, until: datetime) -> None:
        """Nobody gets a lease before `until`."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """What was answered; `status` is 200, or 400, whose body says what arXiv does not know."""

    url: str
    status: int
    body: bytes
    validator: Validator | None = None


def utc_now() -> datetime:
    """The clock that is used unless a test brings its own."""
    return datetime.now(UTC)


class LocalPacer:
    """Turns of one process, in memory."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._free: dict[str, datetime] = {}

    async def take(self, key: str, lease: timedelta) -> Lease:
        """See Pacer."""
        now = self._now()
        free = self._free.get(key, now)
        if free > now:
            return Lease(False, free)
        self._free[key] = now + lease
        return Lease(True, now + lease)

    async def give_back(self, key: str, lease: Lease, rest: timedelta) -> None:
        """See Pacer."""
        if self._free.get(key) == lease.until:
            self._free[key] = self._now() + rest

    async def hold(self, key: str, until: datetime) -> None:
        """See Pacer."""
        self._free[key] = max(until, self._free.get(key, until))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may take; its bytes are counted after decoding."""

    time: timedelta = TIMEOUT
    bytes: int = MAX_BYTES


class PoliteClient:
    """Fetches pages one after the other, never two at once, spaced from the end of one to the next."""

    def __init__(
        self,
        pacer: Pacer,
        *,
        contact: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: Limits = Limits(),
    ) -> None:
        self._pacer = pacer
        self._now = now
        self._sleep = sleep
        self._limits = limits
        self._alone = asyncio.Lock()
        self._http = httpx.AsyncClient(
            transport=transport,
            verify=trusted(),
            timeout=httpx.Timeout(30),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            headers={"User-Agent": user_agent(contact), "Accept": _ACCEPT, "Accept-Encoding": "gzip"},
        )

    @classmethod
    def create(cls, settings: Settings, pacer: Pacer | None = None) -> PoliteClient:
        """The client of this installation; without a pacer, leases are kept in this process only."""
        return cls(pacer or LocalPacer(), contact=settings.bot_contact)

    def share_leases(self, pacer: Pacer) -> None:
        """From now on, keep leases with everybody who shares this pacer."""
        self._pacer = pacer

    async def close(self) -> None:
        """Let go of the connection."""
        await self._http.aclose()

    async def get(
        self, category: str, url: str, known: Validator | None = None, *, every: timedelta = SPACING
    ) -> Page | None:
        """The page at a URL or path, or None when it has not changed since `known`.

        Waits for its lease; nobody asks for `every` afterwards. Raises SourceError in the name of `category`.
        """
        if not url.lower().startswith(("http://", "https://")):
            return await asyncio.to_thread(_read, category, url, self._limits.bytes)
        asked = _Question(category, url, known if known and known.url == url else None, every)
        if not _host(url):
            raise asked.error(f"{url} is no address that can be fetched")
        async with self._alone:
            return await self._ask(asked)

    async def _ask(self, asked: _Question) -> Page | None:
        url = asked.url
        for _ in range(1 + MAX_REDIRECTS):
            lease = await self._wait_for_lease(asked, _site(url))
            try:
                response, body = await self._exchange(asked, url)
            finally:
                await self._pacer.give_back(_site(url), lease, asked.every)
            if response.next_request is None:
                return await self._judge(asked, response, body)
            origin, url = url, str(response.next_request.url)
            if not _is_same_site(origin, url):
                raise asked.error(f"{_host(origin)} sends us to {url}: if that is right, set it as the address")
        raise asked.error(f"{_host(url)} redirects more than {MAX_REDIRECTS} times: open the address in a browser")

    async def _wait_for_lease(self, asked: _Question, site: str) -> Lease:
        """Wait for the lease. Another process may end its own early, so it is asked for again and again."""
        deadline = self._now() + 2 * PATIENCE
        while not (lease := await self._pacer.take(site, LEASE)).is_ours:
            wait = lease.until - self._now()
            if wait > PATIENCE or self._now() > deadline:
                raise asked.error(f"{site} is not to be asked before {lease.until:%Y-%m-%d %H:%M} UTC", wait)
            await self._sleep(max(min(wait, SPACING), _BLINK).total_seconds())
        return lease

    async def _exchange(self, asked: _Question, url: str) -> tuple[httpx.Response, bytes]:
        try:
            async with (
                asyncio.timeout(self._limits.time.total_seconds()),
                self._http.stream("GET", url, headers=asked.headers) as response,
            ):
                return response, await self._body(response)
        except TimeoutError as error:
            raise asked.error(f"{_host(url)} did not finish its answer in time: {_LATER}") from error
        except BodyError as error:
            raise asked.error(f"the page {error}: {_LATER}") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise asked.error(_in_words(error, _host(url))) from error

    async def _body(self, response: httpx.Response) -> bytes:
        return await body_of(response, self._limits.bytes) if response.status_code in _WITH_BODY else b""

    async def _judge(self, asked: _Question, response: httpx.Response, body: bytes) -> Page | None:
        status, headers, host = response.status_code, response.headers, response.url.host
        log.info("answer category=%s status=%d bytes=%d", asked.category, status, len(body))
        if status in (429, 503) or body.lstrip()[: len(_REFUSED)].lower() == _REFUSED:
            wait = _cool_down(headers.get("Retry-After", ""), self._now())
            await self._pacer.hold(_site(asked.url), self._now() + wait)
            raise asked.error(
                f"{host} asks us to wait (HTTP {status}): no requests for {wait.total_seconds():.0f} s", wait
            )
        if status == 304 and asked.known:
            return None
        if status not in _WITH_BODY:
            raise asked.error(f"{host} answers HTTP {status}: {_advice(status)}")
        return Page(asked.url, status, body, _validator(asked.url, headers))


@dataclass(frozen=True, slots=True)
class _Question:
    category: str
    url: str
    known: Validator | None
    every: timedelta

    @property
    def headers(self) -> dict[str, str]:
        """What makes the request conditional (RFC 9110, section 13)."""
        known = self.known or Validator(self.url)
        pairs = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in pairs.items() if value}

    def error(self, reason: str, retry_after: timedelta | None = None) -> SourceError:
        return SourceError(self.category, reason, retry_after)


def user_agent(contact: str) -> str:
    """Who we are, and whom to write to when we misbehave."""
    try:
        product = f"Sudi/{version('sudi')}"
    except PackageNotFoundError:
        product = "Sudi"  # run from a checkout that was never installed
    return f"{product} (mailto:{quote(contact, safe='@+')})" if contact else product


_LATER = "try again later"
_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (httpx.TimeoutException, "{host} did not answer in time: {later}"),
    (httpx.ProxyError, "the proxy does not let us through to {host}: check HTTPS_PROXY ({error})"),
    (httpx.ConnectError, "{host} cannot be reached: check the network, DNS and proxy of this machine ({error})"),
    (httpx.InvalidURL, "{host} sends us to an address that is none ({error})"),
    (Exception, "{host} dropped the connection: {later} ({error})"),
)


def _in_words(error: Exception, host: str) -> str:
    words = next(words for kind, words in _WORDS if isinstance(error, kind))
    return words.format(host=host, later=_LATER, error=error or type(error).__name__)


def _advice(status: int) -> str:
    if status >= 500:
        return f"its trouble, not ours; {_LATER}"
    if status in (401, 403):
        return "it refuses us; set BOT_CONTACT so that it sees who asks, and check that this network may read it"
    if status in (404, 410):
        return "nothing is there; check the address in the settings"
    return "open the address in a browser to see what it wants"


def _cool_down(retry_after: str, now: datetime) -> timedelta:
    """Retry-After has seconds or an HTTP date (RFC 9110, section 10.2.3)."""
    text = retry_after.strip()
    try:
        # More than nine digits are over any limit, and too many for a timedelta.
        wait = timedelta(seconds=int(text[:9])) if text.isdecimal() else parsedate_to_datetime(text) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        wait = COOL_DOWN
    return min(max(wait, SPACING), LONGEST_COOL_DOWN)


def _validator(url: str, headers: httpx.Headers) -> Validator | None:
    """Only what can be sent back: header values are ASCII."""
    etag, modified = (
        value if value.isascii() else "" for value in (headers.get("ETag", ""), headers.get("Last-Modified", ""))
    )
    return Validator(url, etag, modified) if etag or modified else None


def _host(url: str) -> str:
    try:
        urlsplit(url)  # which alone minds a bracket that is not closed
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError):
        return ""


def _site(url: str) -> str:
    """What one pace is kept for: all of arXiv's hosts together, any other host alone."""
    host = _host(url)
    return _ARXIV if host == _ARXIV or host.endswith(f".{_ARXIV}") else host


def _is_same_site(url: str, other: str) -> bool:
    return _site(url) == _site(other) and not (url.lower().startswith("https:") and not other.startswith("https:"))


def _read(category: str, location: str, limit: int) -> Page:
    parts = urlsplit(location)
    if "://" in location and parts.scheme != "file":
        raise SourceError(category, f"{location} is neither a path nor an address that starts with https://")
    path = Path(url2pathname(parts.path) if parts.scheme == "file" else location)
    try:
        with path.open("rb") as file:
            body = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise SourceError(
            category, f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error
    if len(body) > limit:
        raise SourceError(category, f"{path} is larger than {limit:,} bytes: it is no page of one category")
    return Page(location, 200, body)
