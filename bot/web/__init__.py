"""The site: pages on which a mailbox confirms, changes what it gets, and stops; without login, without scripts.

Looking changes nothing, because programs look at links in mails; only a POST acts. A page is reached by a signed
token and is about that mailbox alone. One POST, from the list header of a mail, unsubscribes without any page.
https://www.rfc-editor.org/rfc/rfc8058
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.web import RequestPayloadError

from bot import serving
from bot.commands.email_workflow import EmailWorkflow
from bot.locale import say
from bot.model import Destination, Language
from bot.verbs import Verb
from bot.web.pages import Pages, commands_of, keeping, locale_of
from bot.web.room import Room
from bot.web.templates import SCRIPT, STYLE

LARGEST = 16_384
"""Bytes of a request's body; our own forms have a few hundred."""

_PATIENCE = 10.0  # seconds for one request
_ONE_CLICK = ("List-Unsubscribe", "One-Click")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Answers requests; `email_workflow` decides and acts."""

    def __init__(self, email_workflow: EmailWorkflow, room: Room | None = None) -> None:
        self._email_workflow = email_workflow
        self._room = room
        self._pages = Pages()

    def application(self) -> web.Application:
        """The site as aiohttp serves it."""
        made = web.Application(client_max_size=LARGEST, middlewares=[self._guarded])
        made.router.add_get("/", self._front)
        made.router.add_get("/style.css", self._style)
        made.router.add_get("/robots.txt", self._robots)
        if self._room is not None:
            made.router.add_get("/list.js", self._script)
            self._room.add_to(made.router)
        made.router.add_get("/mail/{token}", self._mailbox)
        made.router.add_post("/mail/{token}", self._act)
        made.router.add_get("/mail/{token}/paper/{paper:.{1,40}}", self._paper)
        made.router.add_post("/mail/{token}/paper/{paper:.{1,40}}", self._keep)
        made.router.add_get("/confirm/{token}", self._question)
        made.router.add_post("/confirm/{token}", self._confirm)
        return made

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every answer has the headers, and every fault is a kind page that says nothing more."""
        try:
            async with asyncio.timeout(_PATIENCE):
                response = await handler(request)
        except web.HTTPRedirection as error:
            response = web.Response(status=error.status, headers={"Location": error.headers["Location"]})
        except web.HTTPException as error:
            response = self._failed(request, error.status)
            if wait := error.headers.get("Retry-After"):
                response.headers["Retry-After"] = wait
            if allowed := error.headers.get("Allow"):
                response.headers["Allow"] = allowed
        except (ValueError, TimeoutError):  # a body that is no form, or that does not come; a page that takes long
            is_slow = request.method in ("GET", "HEAD")
            response = self._failed(request, HTTPStatus.SERVICE_UNAVAILABLE if is_slow else HTTPStatus.BAD_REQUEST)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _failed(self, request: web.Request, status: int) -> web.Response:
        return _page(self._pages.failed(_locale(request), status, request.rel_url.raw_path), status)

    async def _front(self, request: web.Request) -> web.Response:
        locale = _locale(request)
        language = Language.BOTH if locale == "en" else Language(locale)
        newest = await self._room.newest(language) if self._room else None
        return _page(self._pages.front(locale, self._email_workflow.address, newest))

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=STYLE, content_type="text/css", headers=_FOR_AN_HOUR)

    async def _script(self, _request: web.Request) -> web.Response:
        return web.Response(text=SCRIPT, content_type="text/javascript", headers=_FOR_AN_HOUR)

    async def _robots(self, _request: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nDisallow: /\n")

    async def _destination(self, request: web.Request) -> Destination:
        destination = await self._email_workflow.destination(request.match_info["token"])
        if destination is None:
            raise web.HTTPNotFound
        return destination

    async def _mailbox(self, request: web.Request) -> web.Response:
        return await self._managed(request, await self._destination(request))

    async def _managed(
        self, request: web.Request, destination: Destination, said: str = "", refused: str = ""
    ) -> web.Response:
        state = await self._email_workflow.state(destination)
        locale = _locale(request, destination.language)
        editing = request.query.get(Verb.EDIT, "")[:20]
        return _page(self._pages.mailbox(locale, state, said, editing=editing, refused=refused))

    async def _act(self, request: web.Request) -> web.Response:
        """Do what a form of the page asks for, or unsubscribe by one click."""
        destination = await self._destination(request)
        form = await _form(request)
        if form.get(_ONE_CLICK[0]) == _ONE_CLICK[1]:
            await self._email_workflow.manage(destination, f"{Verb.UNSUBSCRIBE} all", Language.EN)
            log.info("unsubscribed destination=%d by=one_click", destination.id)
            return web.Response(text="unsubscribed\n")
        commands = commands_of(form, destination)
        if commands is None:
            raise web.HTTPBadRequest
        locale = _locale(request, destination.language)
        before = await self._email_workflow.subscriptions(destination)
        replies = [await self._email_workflow.manage(destination, one, Language(locale)) for one in commands]
        is_added = len(await self._email_workflow.subscriptions(destination)) > len(before)
        refused = form.get("query", "") if form.get("do") == Verb.SUBSCRIBE and not is_added else ""
        said = "\n".join(one.text for one in replies) or say(
            "web.unchanged", _locale(request, destination.language)
        )
        return await self._managed(request, await self._destination(request), said, refused)

    async def _paper(self, request: web.Request) -> web.Response:
        """A paper of a digest, with what its reader may do with it."""
        return await self._kept(request, await self._destination(request))

    async def _kept(self, request: web.Request, destination: Destination, said: str = "") -> web.Response:
        paper = await self._email_workflow.paper(request.match_info["paper"])
        if paper is None:
            raise web.HTTPNotFound
        locale = _locale(request, destination.language)
        return _page(self._pages.keep(locale, destination, paper, request.rel_url.raw_path, said))

    async def _keep(self, request: web.Request) -> web.Response:
        """Save a paper, or follow one of its authors, for the mailbox that the link is of."""
        destination = await self._destination(request)
        paper = await self._email_workflow.paper(request.match_info["paper"])
        command = keeping(await _form(request), paper) if paper else None
        if command is None:
            raise web.HTTPBadRequest
        locale = Language(_locale(request, destination.language))
        reply = await self._email_workflow.manage(destination, command, locale)
        return await self._kept(request, destination, reply.text)

    async def _question(self, request: web.Request) -> web.Response:
        wish = await self._email_workflow.asked(request.match_info["token"])
        if wish is None:
            raise web.HTTPNotFound
        outlook = await self._email_workflow.outlook(wish)
        return _page(self._pages.question(_locale(request), wish, outlook))

    async def _confirm(self, request: web.Request) -> web.Response:
        await _form(request)
        token = request.match_info["token"]
        if await self._email_workflow.asked(token) is None:
            raise web.HTTPNotFound
        reply = await self._email_workflow.confirm(token, secrets.token_hex(16))
        return _page(self._pages.said(_locale(request), reply.text))


async def serve(application: web.Application, listen: str) -> None:
    """Serve at `host:port` until cancelled; PortError when the port cannot be had."""
    await serving.serve(application, listen, "BOT_LISTEN")


async def _form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form, texts only; 400 for a body that is none, 413 for one that is larger than ours."""
    try:
        given = await request.post()
    except (ValueError, LookupError, AssertionError, RequestPayloadError, ConnectionError) as error:
        raise web.HTTPBadRequest from error
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _locale(request: web.Request, language: Language | None = None) -> str:
    return locale_of(request.query.get("lang", ""), language, request.headers.get("Accept-Language", ""))


def _page(html: str, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(text=html, content_type="text/html", status=status)
