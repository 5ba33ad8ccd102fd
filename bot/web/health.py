"""/healthz and /metrics: whether the bot works, for programs that watch it; nothing about its readers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.metrics import CONTENT_TYPE, Family, text_of

Report = Callable[[], Awaitable[tuple[bool, Sequence[str]]]]
"""Whether all works, and what there is to say."""
Measured = Callable[[], Awaitable[Sequence[Family]]]

_LARGEST = 1024  # bytes of a body that nobody needs to send


def with_health(pages: web.Application | None, report: Report, measured: Measured) -> web.Application:
    """Pages with both, or both alone; `report` has one line for each thing that is wrong."""

    async def health(_request: web.Request) -> web.Response:
        is_well, lines = await report()
        return web.Response(text="".join(f"{one}\n" for one in lines), status=200 if is_well else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=text_of(await measured()).encode(), headers={"Content-Type": CONTENT_TYPE})

    application = pages if pages is not None else web.Application(client_max_size=_LARGEST)
    application.router.add_get("/healthz", health)
    application.router.add_get("/metrics", metrics)
    return application
