"""Every page in a real browser is without faults and sideways scroll; every task is done by keyboard."""

from __future__ import annotations

import asyncio

import pytest

from bot.tokens import Purpose
from tests.counterparts import browser
from tests.counterparts.needed import need
from tests.fakes import DAY, paper, subscribed
from tests.web.room.conftest import TUESDAY, Reader, announced, chinese
from tests.web.room.test_access import delivered

LANGUAGES = ("both", "zh")


@pytest.fixture
async def house(opened) -> Reader:
    """A public room with a few papers of every kind."""
    need("browser", browser.missing())
    one = await opened(imap_url="imaps://x", smtp_from="Sudi <papers@sudi.test>")
    many = tuple(f"Author Number{n}" for n in range(30))
    where = {"doi": "10.1000/182", "journal_ref": "J. Tides 1 (2026)"}
    title, comments = f"A Very {'Long' * 60} $\\beta$", f"https://github.com/a/b {'x' * 300}"
    odd = paper(8, title=title, authors=many, comments=comments, **where)
    gone = paper(9, version=2, comments="This paper has been withdrawn by the author")
    await announced(one.store, odd, gone, paper(10), texts=[chinese(odd, abstract="很" * 900)])
    await announced(one.store, paper(100), day=TUESDAY)
    return one


async def pages(one: Reader) -> dict[str, str]:
    """Every kind of page and of state."""
    token, _, _ = await delivered(one, papers=5, cap=2)
    ada, _ = await subscribed(one.store, "cs.LG tide", "hep-th axion*", channel="email", address="ada@reader.test")
    mail = one.tokens.sign(Purpose.MANAGE, ada.id, one.clock.now)
    return {
        "day": f"/papers/{DAY}?q=harbour&in=cs.LG&in=cs.AI&open=1",
        "folded": f"/papers/{DAY}?",
        "search": "/search?q=tide",
        "empty-search": "/search?",
        "dates": "/dates?",
        "paper": "/paper/2606.90008?",
        "digest": f"/digest/{token}/?",
        "weekend": "/papers/2026-06-07?",
        "not-yet": "/papers/2026-06-11?",
        "refused": f"/papers/{DAY}?q=(tide",
        "nothing": f"/papers/{DAY}?q=quaternion",
        "manage": f"/mail/{mail}?edit=1",
        "keep": f"/mail/{mail}/paper/2606.90008?",
        "front": "/?",
        "dead": "/mail/x?",
    }


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_without_fault_in_a_browser(house, language):
    locale = "en" if language == "both" else language
    paths = await pages(house)
    outside = ("manage", "keep", "front", "dead")
    urls = {
        name: str(house.client.make_url("/")).rstrip("/")
        + f"{path}&lang={locale if name in outside else language}".replace("?&", "?")
        for name, path in paths.items()
    }
    found = await asyncio.to_thread(browser.faults, urls)
    assert not found, "\n".join(found)


async def test_every_task_is_done_by_keyboard_and_without_scripts(house):
    await announced(house.store, *(paper(n) for n in range(20, 90)))
    token, _, _ = await delivered(house, papers=5, cap=2)
    base = str(house.client.make_url("/")).rstrip("/")
    search = ["tab", "input[type=search]"]
    tasks = [
        {
            "name": "search and reset",
            "url": f"{base}/papers/{DAY}?lang=en",
            "steps": [search, ["type", "harbour"], ["go", ""], ["at", "q=harbour"], ["see", "mark"],
                      ["tab", "#said a"], ["go", ""], ["at", f"/papers/{DAY}?lang=en"]],
        },
        {
            "name": "choose two categories",
            "url": f"{base}/papers/{DAY}?in=cs.AI&lang=en",
            "steps": [["tab", 'a[href*="in=cs.AI&lang=en&in=cs.LG"]'], ["go", ""], ["at", "&in=cs.LG"]],
        },
        {
            "name": "unfold one",
            "url": f"{base}/papers/{DAY}?lang=en",
            "steps": [["tab", "article summary"], ["press", "Enter"], ["see", "article details[open]"]],
        },
        {
            "name": "turn the page, and skip to the papers",
            "url": f"{base}/papers/{DAY}?lang=en",
            "steps": [["tab", ".skip"], ["press", "Enter"], ["at", "#list"], ["tab", "a[rel=next][href*=page]"],
                      ["go", ""], ["at", "page=2"]],
        },
        {
            "name": "from a digest to its day",
            "url": f"{base}/digest/{token}/",
            "steps": [["tab", ".top .days a[href*='papers/']"], ["go", ""], ["at", f"/digest/{token}/papers/"]],
        },
        {
            "name": "walk with the keys of the script",
            "script": True,
            "url": f"{base}/papers/{DAY}?lang=en",
            "steps": [["tab", "article:first-of-type"], ["press", "j"], ["see", "article:nth-of-type(2):focus"],
                      ["press", "o"], ["see", "article:nth-of-type(2) details[open]"],
                      ["press", "/"], ["see", "input[type=search]:focus"]],
        },
    ]  # fmt: skip
    found = await asyncio.to_thread(browser.faults, {}, tasks=tasks)
    assert not found, "\n".join(found)
