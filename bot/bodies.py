"""Bodies of answers from outside: read up to a size that is checked while they are decoded.

Who asks, how often, and what an answer means is not decided here.
"""

from __future__ import annotations

import zlib
from typing import Any

import httpx2 as httpx


class BodyError(httpx.HTTPError):
    """A body that is not read to its end; the message goes on after "the answer"."""


async def body_of(response: httpx.Response, most: int) -> bytes:
    """The body of a response that is being streamed, decoded piece by piece; BodyError for more than `most` bytes.

    A small answer cannot become a large one, and gzip is the only coding: the request should ask for no other.
    """
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip"):
        raise BodyError(f"is coded as {coding[:60]!r}, which was not asked for")
    unzip = zlib.decompressobj(wbits=31) if coding == "gzip" else None
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  # of an AsyncClient
    try:
        async for chunk in response.stream:  # which `aiter_raw` refuses where a test has filled it
            body += unzip.decompress(chunk, most + 1 - len(body)) if unzip else chunk
            if len(body) > most:
                raise BodyError(f"is larger than {most:,} bytes")
    except zlib.error as error:
        raise BodyError(f"is damaged ({error})") from error
    if unzip and not unzip.eof:
        raise BodyError("is cut off")
    return bytes(body)


async def answer_to(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    most: int,
    headers: dict[str, str] | None = None,
    **how: Any,
) -> httpx.Response:
    """Ask, and read at most so many bytes of the answer. Raises httpx.HTTPError, of which BodyError is one."""
    wanted = {"Accept-Encoding": "gzip", **(headers or {})}
    async with client.stream(method, url, headers=wanted, **how) as response:
        body = await body_of(response, most)
    kept = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
    return httpx.Response(response.status_code, headers=kept, content=body, request=response.request)
