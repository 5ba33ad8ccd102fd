"""The reading room: each announcement date with all its categories, a search, each paper, and each digest whole.

GET alone, and nothing is written: a program that looks at links changes nothing. Everything works without scripts.
Where the room is `signed`, its pages are below the link of a digest; a `public` one is open to whoever reaches it.

::

    asked       the parameters of an address
    days        announcement dates at hand
    found       which papers a page shows
    categories  beside them, with their counts
    cards       how a paper is set
    words       what is said of dates, and of what is not there
    table       the dates in numbers
    feed        what a feed says
    digests     one delivery, one paper
    views       pages as HTML
    bodies      made once, kept compressed
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import web

from bot.digest import Lack
from bot.model import Language
from bot.settings import Settings
from bot.store import Store
from bot.tokens import Purpose, Tokens
from bot.web.room.asked import Parameters, asked, language_of
from bot.web.room.bodies import Bodies, Busy, etag_of
from bot.web.room.days import DaysAtHand
from bot.web.room.digests import DigestPage, Digests
from bot.web.room.views import SEARCHED, Newest, Place, Views
from bot.web.room.words import Calendar

_PAPER = r"{paper:\d{4}\.\d{4,5}|[a-z-]{2,20}/\d{7}}"
_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class Visit(NamedTuple):
    """A request to the room: the digest whose link was used, if any, and the parameters."""

    asked: Parameters
    place: Place
    digest: DigestPage | None


class Room:
    """Answers requests for pages of papers."""

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        clock: Callable[[], datetime],
        settings: Settings,
        *,
        lack: Callable[[], Lack] = lambda: Lack.SETUP,
        days: DaysAtHand | None = None,
    ) -> None:
        """`lack` says why Chinese texts are missing, where they are."""
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._settings = settings
        self._days = days or DaysAtHand(store)
        self._digests = Digests(store)
        self._views = Views(settings, lack)
        self._bodies = Bodies()

    @property
    def is_public(self) -> bool:
        """Whether everybody may read here."""
        return self._settings.bot_reading_room == "public"

    async def newest(self, language: Language) -> Newest | None:
        """The newest date for the front page; None where not everybody may read here, or nothing is stored."""
        stored = await self._days.stored() if self.is_public else ()
        if not stored:
            return None
        return self._views.newest(await self._days.of(stored[0]), asked([("lang", language)], language))

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the pages of the room to a site."""
        for before in (*([""] if self.is_public else []), "/digest/{token}"):
            router.add_get(f"{before}/papers", self._newest)
            router.add_get(f"{before}/papers/{{day}}", self._day)
            router.add_get(f"{before}/search", self._search)
            router.add_get(f"{before}/dates", self._dates)
            router.add_get(f"{before}/paper/{_PAPER}", self._paper)
            router.add_get(f"{before}/paper/{_PAPER}.bib", self._bibtex)
        router.add_get("/digest/{token}", self._moved)
        router.add_get("/digest/{token}/", self._digest)
        if self.is_public:
            router.add_get("/feed.atom", self._feed)

    async def _visit(self, request: web.Request) -> Visit:
        """The digest of the link; 404 for a wrong link, or one whose digest is gone."""
        usual = Language(self._settings.bot_language)
        digest = None
        if (token := request.match_info.get("token")) is not None:
            number = self._tokens.read(Purpose.DIGEST, token, self._clock())
            digest = await self._digests.find(number) if number is not None else None
            if digest is None:
                raise web.HTTPNotFound
            usual = digest.language
        else:
            usual = language_of(request.headers.get("Accept-Language", ""), usual)
        inside = request.path.removeprefix(f"/digest/{token}/") if token else request.path.removeprefix("/")
        room = "../" * inside.count("/") or "./"
        place = Place(room, "../" * (request.path.count("/") - 1), has_digest=digest is not None)
        return Visit(asked(list(request.query.items()), usual), place, digest)

    async def _moved(self, request: web.Request) -> web.Response:
        """The link of a digest without its last slash, from which relative links would lead astray."""
        await self._visit(request)
        raise web.HTTPPermanentRedirect(f"{request.match_info['token']}/")

    async def _newest(self, request: web.Request) -> web.Response:
        """The newest date; or the one that was typed into the field for dates."""
        visit = await self._visit(request)
        if (typed := request.query.get("date")) is not None:
            day = _date(typed)
            raise web.HTTPFound(visit.asked.at(f"papers/{day}"))
        stored = await self._days.stored()
        day = stored[0] if stored else self._clock().date()
        return await self._of_day(request, visit, day, canonical=f"papers/{day}")

    async def _day(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        return await self._of_day(request, visit, _date(request.match_info["day"]))

    async def _of_day(self, request: web.Request, visit: Visit, day: date, canonical: str = "") -> web.Response:
        calendar = await self._calendar()
        if day not in calendar.stored:
            async with self._store.read() as tx:
                known = (await tx.announcement_days.on([day])).get(day)
            missing = calendar.missing(day, known, visit.asked.locale)
            if missing is not None:
                text = self._views.missing(missing, day, calendar, visit.asked, visit.place)
                return _plain(visit, text, HTTPStatus.NOT_FOUND if missing.is_gone else HTTPStatus.OK)
        state = await self._days.state(day)
        key = ("day", day, calendar.around(day), state, visit.asked, visit.place, canonical)

        async def make() -> tuple[str, int]:
            return await self._views.day(await self._days.of(day), calendar, visit.asked, visit.place, canonical)

        return await self._answer(request, visit, key, make)

    async def _search(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        calendar = await self._calendar()
        until = _date(visit.asked.before) if visit.asked.before else None
        dates = [one for one in calendar.stored if until is None or one < until][:SEARCHED]
        states = [await self._days.state(one) for one in dates]
        older = [one for one in calendar.stored if dates and one < dates[-1]]
        key = ("search", dates, states, bool(older), visit.asked, visit.place)

        async def make() -> tuple[str, int]:
            days = [await self._days.of(one) for one in dates]
            return await self._views.search(days, calendar, visit.asked, visit.place, has_older=bool(older))

        return await self._answer(request, visit, key, make)

    async def _dates(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        calendar = await self._calendar()
        key = ("dates", calendar.stored, self._minute, visit.asked, visit.place)

        async def make() -> tuple[str, int]:
            return self._views.dates(
                await self._days.overview(), calendar, visit.asked, visit.place
            ), HTTPStatus.OK

        return await self._answer(request, visit, key, make)

    async def _paper(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        found = await self._digests.paper(request.match_info["paper"])
        if found is None:
            raise web.HTTPNotFound
        return _plain(visit, await self._views.paper(found, visit.asked, visit.place))

    async def _bibtex(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        found = await self._digests.paper(request.match_info["paper"])
        if found is None:
            raise web.HTTPNotFound
        response = _plain(visit, self._views.bibtex(found))
        response.content_type = "text/plain"
        return response

    async def _digest(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        assert visit.digest is not None  # noqa: S101  # its token was read
        number = visit.digest.number
        key = ("digest", number, self._minute, visit.asked, visit.place)

        async def make() -> tuple[str, int]:
            return await self._views.digest(await self._digests.contents(number), visit.asked, visit.place)

        return await self._answer(request, visit, key, make)

    async def _feed(self, request: web.Request) -> web.Response:
        visit = await self._visit(request)
        dates = (await self._days.stored())[:SEARCHED]
        states = [await self._days.state(one) for one in dates]
        key = ("feed", dates, states, visit.asked)

        async def make() -> tuple[str, int]:
            days = [await self._days.of(one) for one in dates]
            return await self._views.feed(days, visit.asked)

        response = await self._answer(request, visit, key, make)
        response.content_type = "application/atom+xml" if response.status == HTTPStatus.OK else "text/plain"
        return response

    @property
    def _minute(self) -> datetime:
        """What a page depends on that may be a minute old."""
        return self._clock().replace(second=0, microsecond=0)

    async def _calendar(self) -> Calendar:
        settings = self._settings
        return Calendar(
            await self._days.stored(), settings.bot_arxiv_holidays, self._clock(), settings.bot_timezone
        )

    async def _answer(
        self, request: web.Request, visit: Visit, key: object, make: Callable[[], Awaitable[tuple[str, int]]]
    ) -> web.Response:
        """A page from what is kept, or made now; a query that cannot be read is said on its page."""
        etag = etag_of(key)
        if etag in request.headers.get("If-None-Match", ""):  # also among others, and as a proxy weakens it
            return _headed(visit, web.Response(status=HTTPStatus.NOT_MODIFIED), etag)
        try:
            body = await self._bodies.get(etag, make)
        except Busy:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"}) from None
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = web.Response(
            body=body.packed if is_packed else body.plain,
            status=body.status,
            content_type="text/html",
            charset="utf-8",
        )
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        return _headed(visit, response, etag)


def _headed(visit: Visit, response: web.Response, etag: str = "") -> web.Response:
    """With what browsers may keep: nothing of what a link has opened."""
    response.headers["Content-Security-Policy"] = _CSP
    if visit.digest is None:
        response.headers["Cache-Control"] = "public, max-age=60"
        response.headers["Vary"] = "Accept-Encoding, Accept-Language"
        if etag:
            response.headers["ETag"] = etag
    else:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _plain(visit: Visit, text: str, status: int = HTTPStatus.OK) -> web.Response:
    return _headed(visit, web.Response(text=text, status=status, content_type="text/html"))


def _date(typed: str) -> date:
    """A date of an address; 404 for what is none."""
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise web.HTTPNotFound from None
