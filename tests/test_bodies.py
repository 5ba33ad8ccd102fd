"""Whatever an answer turns into while it is decoded, no more of it is read than was said."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest

from bot.bodies import BodyError, answer_to

MOST = 2**20
PIECE = bytes(2**16)
BOMB = gzip.compress(bytes(64 * MOST))


async def asked(answer: httpx.Response) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: answer)) as client:
        return await answer_to(client, "GET", "https://a.test/", most=MOST)


async def test_an_answer_without_an_end_is_left_at_the_limit():
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += len(PIECE)
            yield PIECE

    with pytest.raises(BodyError, match="larger than 1,048,576 bytes"):
        await asked(httpx.Response(200, content=endless()))
    assert sent <= MOST + len(PIECE)


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("gzip", BOMB, "larger"),
        ("gzip, gzip", gzip.compress(BOMB), "not asked for"),
        ("deflate", b"x", "not asked for"),
        ("br", b"x", "not asked for"),
        ("gzip", gzip.compress(PIECE)[:-9], "cut off"),
        ("gzip", b"plain", "damaged"),
    ],
    ids=["a bomb", "a bomb in a bomb", "another coding", "a third coding", "cut off", "not packed"],
)
async def test_a_body_that_is_coded_oddly_is_an_error_of_the_exchange(coding, body, said):
    with pytest.raises(httpx.HTTPError, match=said):
        await asked(httpx.Response(200, headers={"Content-Encoding": coding}, stream=httpx.ByteStream(body)))


async def test_a_body_is_read_plain_or_unpacked():
    for headers, body in (({}, b'{"a": 1}'), ({"Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}'))):
        answer = await asked(httpx.Response(200, headers=headers, stream=httpx.ByteStream(body)))
        assert answer.json() == {"a": 1}
