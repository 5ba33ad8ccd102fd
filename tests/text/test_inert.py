"""Text that no markup acts upon: the same to the eye, and nothing to a program."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.text.inert import inert, seen

HOSTILE = [
    "**b** __u__ ~~s~~ *i* _i_ `c` ||p||",
    "[x](http://evil.test) ![x](http://evil.test) <http://evil.test> [x]: http://evil.test",
    '<b>b</b> <script>alert(1)</script> &lt;b&gt; <at user_id="all"></at>',
    "# heading",
    "> quoted",
    "- item",
    "1. item",
    "===",
    "\\* \\[ \\",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_it_to_the_letter(text: str):
    page = MarkdownIt("commonmark").enable("strikethrough").render(inert(text))
    assert set(re.findall(r"<(\w+)", page)) <= {"p"}
    assert seen(html.unescape(re.sub(r"</?p>", "", page))).strip() == text


@pytest.mark.parametrize(
    "text", ["@all", "@channel and @here", "a@b.test", "http://evil.test", "www.evil.test", ":smile:"]
)
def test_nothing_in_it_calls_links_or_is_replaced(text: str):
    assert not re.search(r"@\w|://|\bwww\.|\w\.[a-z]{2}|:\w+:", inert(text))
    assert seen(inert(text)) == text


def test_names_numbers_and_categories_stay_as_they_are_to_be_typed_again():
    text = "max_length = 3.5, snake_case, cs.LG astro-ph.CO cond-mat.mes-hall 2606.90001"
    assert inert(text) == text
    assert inert("evil.CO") != "evil.CO"


@given(st.text(alphabet=st.sampled_from("ab1 *_~`[]()<>&\\\\@#|:./-\n潮")))
def test_to_the_eye_it_is_the_same(text: str):
    assert seen(inert(text)) == text
