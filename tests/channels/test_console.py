"""The terminal: what is printed, and a chat at the prompt."""

import asyncio
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.channels import Channel, Invocation, Reply
from bot.channels.console import Terminal, channel
from bot.digest import Digest
from bot.errors import ChannelError
from bot.model import Language
from tests import PATIENCE
from tests.channels.cards import card, digest, settings, summary


def terminal(keyboard: str = "", width: int = 100, **screen: object) -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, **screen)  # type: ignore[arg-type]
    return Terminal(console, Language.EN, io.StringIO(keyboard)), out


def printed(one: Digest, width: int = 100) -> str:
    console, _ = terminal(width=width)
    return console.preview(console.render(one))


async def no_answer(_: Invocation) -> Reply:
    raise AssertionError("nothing was asked")


def test_it_is_a_channel_on_which_people_talk_back():
    made: Channel = channel(settings())
    assert made.name == "console"


def test_a_digest_shows_every_line_of_its_cards():
    rest = tuple(card(number) for number in range(3, 26))
    shown = printed(digest(card(1), card(2, chinese=False), matched=25, rest=rest))
    for text in (
        "25 papers, Wed 10 June 2026",
        'For cs.LG "kv cache"',
        "Read: cs.LG 138 of 138, cs.CL 96 of 96",
        "Chinese: arXivDaily",
        "1. Tidal 1: Quantization of the KV Cache",
        "潮汐 2606.90001：键值缓存的量化",
        "José Arrabal, Wen Shuyi",
        "2606.90001 · cs.LG cs.CL · new\n   https://arxiv.org/abs/2606.90001",
        "“kv cache” in title · cs.LG",
        "AI 总结：提出潮汐方法",
        "Comments: 12 pages; code at https://code.example.org/tidal",
        "Long conversations number 2 are expensive.",
        "No Chinese text yet",
        "and 23 more:",
        "https://arxiv.org/abs/2606.90025 · Tidal 25: Quantization of the KV Cache · 潮汐",
    ):
        assert text in shown, text


async def test_what_is_sent_is_what_was_previewed():
    console, out = terminal()
    (body,) = console.render(digest(card(1), card(2)))
    await console.send("ada", body, "41.1")
    assert out.getvalue() == f"→ ada\n{console.preview([body])}\n\n"
    await console.close()


async def test_colours_and_links_are_for_terminals_only():
    console, out = terminal(force_terminal=True, color_system="truecolor", _environ={"TERM": "xterm-256color"})
    (body,) = console.render(digest(card()))
    await console.send("ada", body, "41.1")
    assert re.search(r"\x1b]8;id=\d+;https://arxiv.org/abs/2606.90001\x1b\\", out.getvalue())
    assert "\x1b[1m" in out.getvalue()
    assert "\x1b" not in console.preview([body])


async def test_the_check_says_what_the_output_is():
    console, _ = terminal(width=80)
    assert await console.check() == "console: standard output is not a terminal, 80 columns"


async def test_a_screen_that_is_gone_is_an_error_of_the_channel():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Terminal(Console(file=out, width=100))
    (body,) = console.render(digest(card()))
    with pytest.raises(ChannelError, match="the terminal cannot show it") as caught:
        await console.send("ada", body, "41.1")
    assert not caught.value.permanent


@pytest.mark.parametrize("width", [40, 72, 100, 200])
def test_no_line_is_wider_than_the_screen_and_punctuation_never_begins_one(width: int):
    one = card()
    long = summary(one.paper, abstract="我们提出（一种）方法，用 KV 缓存；“效果”很好。" * 20)
    shown = printed(digest(replace(one, summary=long)), width).splitlines()
    assert max(cell_len(line) for line in shown) <= min(width, 100)
    assert not [line for line in shown if line.lstrip().startswith(tuple("，。；）”"))]
    assert not [line for line in shown if line.endswith(("（", "“"))]


def test_hostile_text_is_shown_as_it_is():
    title = "[bold]stars[/bold] [/] [link=http://evil.test]x[/link] :heart: *a* @here <b>&"
    shown = printed(digest(card(title=title, authors=("[/]", "[red"), comments="][x")), width=400)
    assert title in shown
    assert "[/], [red" in shown
    assert "Comments: ][x" in shown


def test_escape_sequences_in_papers_never_reach_the_screen():
    shown = printed(digest(card(title="a\x1b[2Jb\x07c\u202ed")))
    assert "1. ab cd\n" in shown


@given(st.text(alphabet=st.sampled_from("ab [/]#@=:*中，。x👩‍💻")), st.text())
def test_markup_never_breaks(title: str, author: str):
    console, _ = terminal(width=60)
    (body,) = console.render(digest(card(title=f"<{title}>", authors=(author,), comments=author)))
    Text.from_markup(body)
    shown = console.preview([body])
    assert f"<{title}>".replace(" ", "") in "".join(shown.split())


@given(st.text(alphabet=st.sampled_from("ab [/]\\\\\\#@=:中x")))
def test_a_reply_is_printed_to_the_letter(text: str):
    async def handle(_: Invocation) -> Reply:
        return Reply(f"<{text}>", Language.EN)

    console, out = terminal("list\n", width=100)
    asyncio.run(console.listen(handle))
    assert f"<{text}>" in out.getvalue()


async def test_a_chat_in_the_terminal():
    asked: list[Invocation] = []

    async def handle(invocation: Invocation) -> Reply:
        asked.append(invocation)
        return Reply("Two [/papers]:\n  1  cs.LG", Language.EN, (card(),))

    console, out = terminal("/papers list\n\n  subscribe cs.LG \nquit\nlist\n")
    await console.listen(handle)
    assert [each.text for each in asked] == ["list", "subscribe cs.LG"]
    assert {each.channel for each in asked} == {"console"}
    assert asked[0].sender == asked[0].destination
    assert out.getvalue().startswith("Type a command, `help`, or `exit`.\npapers> Two [/papers]:\n  1  cs.LG\n───")
    assert "1. Tidal 1: Quantization of the KV Cache" in out.getvalue()
    assert out.getvalue().count("papers> ") == 4


async def test_the_end_of_the_input_ends_the_chat():
    console, out = terminal("")
    await console.listen(no_answer)
    assert out.getvalue().endswith("papers> \n")


@pytest.fixture
def no_papers() -> Iterator[TextIO]:
    """A keyboard on which nobody types."""
    end, other = os.pipe()
    with os.fdopen(end, encoding="utf-8") as keyboard:
        yield keyboard
        os.close(other)


async def test_a_digest_that_comes_while_one_types_leaves_a_prompt(no_papers: TextIO):
    out = io.StringIO()
    console = Terminal(Console(file=out, width=100), Language.BOTH, no_papers)
    chat = asyncio.create_task(console.listen(no_answer))
    await asyncio.sleep(0)
    (body,) = console.render(digest(card()))
    await console.send("ada", body, "41.1")
    assert "papers> \n→ ada\n1 paper, Wed 10 June 2026" in out.getvalue()
    assert out.getvalue().endswith("papers> ")
    chat.cancel()
    with pytest.raises(asyncio.CancelledError):
        await chat


def test_leaving_while_the_keyboard_is_silent_does_not_hang_or_crash():
    script = """
import asyncio, sys
from bot.channels.console import channel
from bot.settings import Settings
async def main():
    chat = asyncio.create_task(channel(Settings(_env_file=None)).listen(None))
    await asyncio.sleep(0.1)
    chat.cancel()
asyncio.run(main())
"""
    command = [sys.executable, "-W", "error", "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


async def test_what_somebody_has_to_know_is_printed_under_their_name_without_tricks():
    console, out = terminal()
    await console.tell("boss", "the tide\x1b[31m is late [bold]", "")
    assert out.getvalue().splitlines()[:2] == ["→ boss", "the tide is late [bold]"]
