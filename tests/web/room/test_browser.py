"""Every page in a real browser is without faults and sideways scroll; every task is done by keyboard.

At two widths, in two themes and two languages; the bench looks at four widths and five languages, with and
without scripts.
"""

from __future__ import annotations

import asyncio

from bot.model import Language
from tests.counterparts import browser
from tests.counterparts.needed import need
from tests.web.room.whole import SETTINGS, addresses, furnish, tasks

LANGUAGES = (Language.BOTH, Language.ZH)


async def test_every_page_is_without_fault_in_a_browser(opened):
    need("browser", browser.missing())
    one = await opened(**SETTINGS)
    paths = await furnish(one)
    urls = {name: url for language in LANGUAGES for name, url in addresses(one, paths, language).items()}
    found = await asyncio.to_thread(browser.faults, urls)
    assert not found, "\n".join(found)


async def test_a_room_without_papers_is_without_fault_in_a_browser(opened):
    need("browser", browser.missing())
    one = await opened()
    urls = addresses(one, {"nothing-yet": "/papers?", "no-dates": "/dates?"}, Language.BOTH)
    found = await asyncio.to_thread(browser.faults, urls)
    assert not found, "\n".join(found)


async def test_every_task_is_done_by_keyboard_and_without_scripts(opened):
    need("browser", browser.missing())
    one = await opened(**SETTINGS)
    found = await asyncio.to_thread(browser.faults, {}, tasks=tasks(one, await furnish(one)))
    assert not found, "\n".join(found)
