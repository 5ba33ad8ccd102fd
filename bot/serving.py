"""HTTP towards strangers: bounds on connections and time, and no token in the log.

What is answered is not decided here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.errors import PortError

HEADERS_WITHIN = 10.0
"""Seconds for the whole head of a request, and for which an idle connection is kept."""

_MOST_CONNECTIONS = 512
_SHARE_OF_FILES = 4  # the database and the channels need theirs, and there may be two listeners
_TEARDOWN = 5.0

log = logging.getLogger(__name__)


def most_connections() -> int:
    """How many connections are open at once: well below the number of files that this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MOST_CONNECTIONS * _SHARE_OF_FILES if soft == resource.RLIM_INFINITY else soft
    return max(min(_MOST_CONNECTIONS, files // _SHARE_OF_FILES), 8)


async def serve(application: web.Application, listen: str, setting: str) -> None:
    """Serve at `host:port` until cancelled; PortError, which names the setting, when that cannot be had."""
    # No log of requests: their addresses hold tokens.
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=_quiet(),
        keepalive_timeout=HEADERS_WITHIN,
        lingering_time=1.0,
        shutdown_timeout=_TEARDOWN,
    )
    await runner.setup()
    host, _, port = listen.rpartition(":")
    most = most_connections()

    def connection() -> asyncio.Protocol:
        """One more connection, for which the oldest makes room: requests are answered within seconds."""
        assert runner.server is not None  # noqa: S101  # made by `setup`
        open_ones = runner.server.connections
        for oldest in open_ones[: max(len(open_ones) - most + 1, 0)]:
            oldest.force_close()
        return runner.server()

    try:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(connection, host.strip("[]") or None, int(port), reuse_address=True)
        async with server:
            log.info("listening setting=%s port=%s connections=%d", setting, port, most)
            await asyncio.Event().wait()
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise PortError(f"{setting}={listen} cannot be used: {cause}") from error
    finally:
        await runner.cleanup()


def _quiet() -> logging.Logger:
    """The log of the library: a request that cannot be read is one line, which holds nothing of it."""
    found = log.getChild("requests")
    if not found.filters:
        found.addFilter(_without_request)
    return found


def _without_request(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError | ValueError | OSError):
        record.msg, record.args, record.exc_info = "request_unreadable kind=%s", (type(error).__name__,), None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True
