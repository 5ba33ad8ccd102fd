"""A page is made once for all who ask at once, few are made at the same time, and what is kept is bounded."""

from __future__ import annotations

import asyncio
import os

import pytest

from bot.web.room import bodies as room_bodies
from bot.web.room.bodies import AT_ONCE, Bodies, Busy, etag_of


async def test_a_page_is_made_once_for_all_who_ask_at_once():
    made = 0

    async def make() -> tuple[str, int]:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return "页面", 200

    pages = Bodies()
    found = await asyncio.gather(*(pages.get("a", make) for _ in range(40)))
    assert made == 1
    assert {one.plain.decode() for one in found} == {"页面"}
    await pages.get("a", make)
    assert made == 1


async def test_few_are_made_at_once_and_beyond_a_crowd_readers_are_told_to_come_again():
    running, most = 0, 0
    go = asyncio.Event()

    async def make() -> tuple[str, int]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await go.wait()
        running -= 1
        return "x", 200

    pages = Bodies()
    asking = [asyncio.ensure_future(pages.get(str(number), make)) for number in range(100)]
    await asyncio.sleep(0.05)
    refused = [one for one in asking if one.done()]
    assert len(refused) == 100 - AT_ONCE - room_bodies._MOST_WAITING
    for one in refused:
        with pytest.raises(Busy):
            one.result()
    go.set()
    await asyncio.gather(*(one for one in asking if one not in refused))
    assert most == AT_ONCE


async def test_a_page_that_could_not_be_made_is_made_again():
    async def fails() -> tuple[str, int]:
        raise RuntimeError("no")

    async def make() -> tuple[str, int]:
        return "x", 200

    pages = Bodies()
    with pytest.raises(RuntimeError):
        await pages.get("a", fails)
    assert (await pages.get("a", make)).plain == b"x"


async def test_what_is_kept_is_bounded_and_the_oldest_goes_first():
    pages, made = Bodies(), []

    def making(name: str):
        async def make() -> tuple[str, int]:
            made.append(name)
            return os.urandom(2**19).hex(), 200  # half a megabyte that does not get smaller

        return make

    for number in range(40):
        await pages.get(str(number), making(str(number)))
    await pages.get("39", making("39"))
    await pages.get("0", making("0"))
    assert made == [*map(str, range(40)), "0"]


def test_a_tag_tells_everything_apart_that_a_page_depends_on():
    assert etag_of(("day", 1)) != etag_of(("day", 2))
    assert etag_of(("day", 1)) == etag_of(("day", 1))
