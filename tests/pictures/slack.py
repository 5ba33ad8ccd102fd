"""`python -m tests.pictures.slack`: the digest, as local-slack shows it to a browser.

App Home and the form, of which it shows menus as fields, are written into var/pictures, to be looked at.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import aiohttp

from bot.channels.slack.blocks import escaped
from tests.channels.slack.talk import answered, running, until
from tests.counterparts.slack_edge import ALICE, ML, SlackEdge, edge
from tests.pictures.__main__ import FLAGS, HERE

APP = """[...document.querySelectorAll('*')].filter(
    e => e.textContent.trim().endsWith('sudi') && e.getBoundingClientRect().right < 230
).pop()?.click()"""
HOME = (
    "[...document.querySelectorAll('button, a, div')].filter(e => e.textContent.trim() === 'Home').pop()?.click()"
)
FOLDER = HERE.parents[1] / "var" / "pictures"
PAGE = resources.files("bot.demo") / "day" / "2026-06-10.txt"


CHANNEL = {"x": 220, "y": 44, "width": 1080, "height": 742, "scale": 1}
"""What is Slack's of the page: the simulator has its own bar above, and lists and fields around it."""

TO_THE_CARDS = "document.querySelectorAll('*').forEach(e => e.scrollTop && (e.scrollTop = 490))"


def shown(block: Any) -> Any:
    """A block that the page can show: `rich_text` becomes mark-up, and menus fields with what is chosen."""
    if block["type"] == "input" and block["element"]["type"] != "plain_text_input":
        field = {"type": "plain_text_input", "initial_value": ", ".join(_chosen(block["element"]))}
        return block | {"element": field | {"action_id": block["element"]["action_id"]}}
    if block["type"] == "context":
        text = "\n".join(escaped(one["text"]) for one in block["elements"])
        return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}
    if block["type"] != "rich_text":
        return block
    text = "".join(_row(section) for section in block["elements"])
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _chosen(menu: Any) -> list[str]:
    if "initial_time" in menu:
        return [menu["initial_time"]]
    one = [menu["initial_option"]] if "initial_option" in menu else []
    return [option["text"]["text"] for option in (*menu.get("initial_options", ()), *one)]


def _row(section: Any) -> str:
    """A paragraph; a list has its numbers."""
    if section["type"] != "rich_text_list":
        return "".join(map(_marked, section["elements"]))
    first = section.get("offset", 0) + 1
    items = ("".join(map(_marked, item["elements"])) for item in section["elements"])
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, first))


def _marked(element: Any) -> str:
    if element["type"] == "user":
        return f"<@{element['user_id']}>"
    text = escaped(element["text"])
    if element["type"] == "link":
        text = f"<{element['url']}|{text}>"
    for style, mark in (("bold", "*"), ("italic", "_")):
        if element.get("style", {}).get(style) and text.strip():
            text = f"{mark}{text.strip()}{mark}" + " " * text.endswith(" ")
    return text


async def stage(language: str) -> None:
    """A morning in a channel, one form, and a home tab, in one language."""
    async with edge() as slack:
        slack.shown = shown
        if language == "zh":
            slack.people[ALICE] = {"locale": "zh-CN", "tz": "Asia/Shanghai"}
        with tempfile.TemporaryDirectory() as folder:
            async with running(slack, Path(folder), bot_sources=("arxivdaily",), arxivdaily_page=str(PAGE)) as app:
                app.clock.now = datetime(2026, 6, 9, 18, tzinfo=UTC)
                await slack.command('subscribe cs.LG, cs.CL "kv cache", attention, quantization -survey')
                await answered(slack, ML, 0, least=2)
                await slack.command(f"language {language}")
                await answered(slack, ML, 2, least=1)
                direct = await slack.direct(ALICE)
                await slack.command("subscribe cs.CV 注意力", channel=direct)
                await slack.command("subscribe stat.ML diffusion", channel=direct)
                await answered(slack, direct, 0, least=2)
                app.clock.now = datetime(2026, 6, 10, 10, tzinfo=UTC)
                await app.read()
                await app.plan_all()
                await app.deliver()
                await slack.control("open-home", user=ALICE)
                await until(lambda: slack.views, "a home")
                async with chromium(Path(folder) / "profile") as page:
                    await shoot(page, slack, "" if language == "both" else f"-{language}")


async def shoot(page: Page, slack: SlackEdge, suffix: str) -> None:
    """The channel with the thread; once, also App Home and the form, which are only to be looked at."""
    root, first = slack.posted(ML)[:2]
    link = f"/archives/{ML}/p{first.ts.replace('.', '')}?thread_ts={root.ts}&cid={ML}"
    await page.open(slack.upstream + link)
    await asyncio.sleep(2)
    await page.run(TO_THE_CARDS)
    await page.save(f"slack{suffix}.png", clip=CHANNEL)
    if suffix:
        return
    await page.run(APP)
    await asyncio.sleep(1)
    await page.run(HOME)
    FOLDER.mkdir(parents=True, exist_ok=True)
    await page.save("slack-home.png", FOLDER, CHANNEL)
    await slack.command("edit 1")
    await until(lambda: len(slack.views) > 1, "a form")
    await page.save("slack-form.png", FOLDER, CHANNEL)


class Page:
    """One page of a browser, by its debugging protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def _do(self, method: str, **params: Any) -> Any:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while (answer := await self._socket.receive_json()).get("id") != self._number:
            pass
        return answer["result"]

    async def open(self, url: str) -> None:
        """Go to a page."""
        await self._do("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """Run a script in the page."""
        return await self._do("Runtime.evaluate", expression=script)

    async def save(self, name: str, folder: Path = HERE, clip: dict[str, int] | None = None) -> None:
        """Take a picture, or one of a part of the page, once it is at rest."""
        await asyncio.sleep(2)
        shot = await self._do("Page.captureScreenshot", **({"clip": clip} if clip else {}))
        (folder / name).write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Page]:
    """A browser with one page."""
    browser = shutil.which("chromium") or "google-chrome"
    flags = [*FLAGS[:-1], "--window-size=1300,1000", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    process = await asyncio.create_subprocess_exec(
        browser, *flags, "about:blank", stderr=asyncio.subprocess.DEVNULL
    )
    try:
        port_file = profile / "DevToolsActivePort"
        await until(port_file.exists, "a browser")
        await asyncio.sleep(0.5)
        port = port_file.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                (target, *_) = [one for one in await answer.json() if one["type"] == "page"]
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    for chosen in ("both", "zh"):
        asyncio.run(stage(chosen))
