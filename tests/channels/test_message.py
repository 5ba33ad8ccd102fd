"""The mail message as text: headers, both parts, nothing that a paper could do to it."""

import email
import re
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.email.message import mailbox, message
from bot.channels.layout import digest_lines
from bot.digest import Digest
from bot.model import Language
from tests.channels.cards import card, digest, summary

SENDER = Address("Sudi 速递", "papers", "sudi.test")
HEADERS = [
    "From",
    "To",
    "Message-ID",
    "List-Id",
    "Auto-Submitted",
    "Precedence",
    "Subject",
    "MIME-Version",
    "Content-Type",
]


def read(one: Digest) -> EmailMessage:
    parsed = email.message_from_string(message(one, SENDER), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(one: Digest) -> tuple[str, str]:
    text, html = read(one).iter_parts()
    assert text.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    return text.get_content(), html.get_content()


class Reader(HTMLParser):
    """The visible text, the tags, the links and the languages of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self.languages: list[str] = []
        self._is_hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.links += [found["href"] or ""] if "href" in found else []
        self.languages += [found["lang"] or ""] if "lang" in found else []
        self._is_hidden = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._is_hidden = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._is_hidden else data


def test_the_headers_are_those_of_an_automatic_message_of_a_list():
    parsed = read(digest(*(card(n) for n in range(6)), key="41"))
    assert parsed.keys() == HEADERS
    assert str(parsed["From"]) == "Sudi 速递 <papers@sudi.test>"
    assert parsed["To"] == "ada@reader.test"
    assert parsed["Subject"] == "Sudi 速递 · 2026-06-10 · 6 papers · 6 篇"
    assert parsed["Message-ID"] == "<sudi.41.1@sudi.test>"
    assert parsed["List-Id"] == "<digest.sudi.sudi.test>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Precedence"] == "bulk"


def test_a_message_is_ascii_in_short_lines_and_always_the_same():
    one = digest(*(card(n, abstract="字" * 3000) for n in range(20)))
    written = message(one, SENDER)
    assert written.isascii()
    assert max(map(len, written.splitlines())) < 100
    assert written == message(one, SENDER)


@pytest.mark.parametrize("language", list(Language))
def test_plain_text_and_html_say_the_same(language: Language):
    one = digest(card(1), card(2, chinese=False), matched=30, language=language)
    said = digest_lines(one)
    text, html = parts(one)
    page = Reader(html).text
    for line in (said.title, said.coverage, said.provenance, said.more, "Thank you to arXiv for use of its open"):
        assert line in text
        assert line in page
    for lines in said.cards:
        passages = (*lines.titles, *lines.notes, *lines.abstracts)
        facts = (lines.id, lines.authors, lines.facts, lines.why, lines.missing)
        for line in (*facts, *(each.text for each in passages)):
            assert line in text
            assert line in page


def test_each_text_carries_its_language():
    assert Reader(parts(digest(card(), language=Language.EN))[1]).languages.count("zh-Hans") == 0
    assert {"en", "zh-Hans"} == set(Reader(parts(digest(card()))[1]).languages)
    assert Reader(parts(digest(card(), language=Language.ZH))[1]).languages[0] == "zh-Hans"


def test_a_table_of_contents_appears_with_the_fourth_card():
    three, four = (Reader(parts(digest(*(card(n) for n in range(count))))[1]) for count in (3, 4))
    assert not [link for link in three.links if link.startswith("#")]
    assert [link for link in four.links if link.startswith("#")] == ["#p1", "#p2", "#p3", "#p4"]


def test_links_go_to_arxiv_only_and_those_in_texts_stay_text():
    page = Reader(parts(digest(card(abstract="see https://evil.test/x and <a href='http://evil.test'>y</a>")))[1])
    assert set(page.links) == {"https://arxiv.org/abs/2606.90001"}
    assert "https://evil.test/x" in page.text


def test_an_identifier_cannot_leave_its_link():
    page = Reader(parts(digest(card(id='1"><script>alert(1)</script>')))[1])
    assert "script" not in page.tags


def test_the_styles_are_inline_and_dark_mode_is_kept():
    html = parts(digest(card()))[1]
    assert re.search(r'<h1 style="[^"]*font-size: 18px', html)
    assert "@media (prefers-color-scheme: dark)" in html
    assert "url(" not in html


def test_hostile_text_is_escaped_and_readable():
    hostile = "<b>bold</b> & &amp; @here *stars* \"q\" 'a' {{ 7*7 }} 👩‍💻 𝔽 <img src=x onerror=alert(1)>"
    text, html = parts(digest(card(title=hostile, authors=(hostile,), abstract=hostile)))
    page = Reader(html)
    assert text.count(hostile) == 3
    assert page.text.count(hostile) == 3
    assert not {"b", "img"} & set(Reader(html.replace("<b style", "<strong style")).tags)


def test_no_header_can_be_injected():
    evil = "x\r\nBcc: victim@reader.test\r\n\r\nbody"
    one = digest(card(title=evil, authors=(evil,), comments=evil), key=evil)
    one = replace(one, destination=replace(one.destination, address="a@b.test\r\nBcc: victim@reader.test"))
    parsed = read(one)
    assert parsed.keys() == HEADERS
    assert parsed["To"] == "undisclosed-recipients:;"
    assert len(list(parsed.iter_parts())) == 2


@pytest.mark.parametrize("address", ["a@b", "A.b+c@x-y.example.org", "o'hara@lab.test"])
def test_addresses(address: str):
    found = mailbox(address)
    assert found is not None
    assert found.addr_spec == address


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "a@b@c", "a@b..c", "ä@b.test", "a" * 250 + "@b.test", "a@b.test\n"]
)
def test_what_is_no_address(address: str):
    assert mailbox(address) is None


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.text(), st.sampled_from(Language))
def test_any_text_gives_a_message_that_reads_back(title: str, chinese: str, author: str, language: Language):
    one = card(title=title, authors=(author,), abstract=title + chinese)
    one = replace(one, summary=summary(one.paper, title=chinese, abstract=chinese))
    whole = digest(one, language=language)
    text, html = parts(whole)
    assert read(whole).keys() == HEADERS
    page = " ".join(Reader(html).text.split())
    for passage in (lines := digest_lines(whole).cards[0]).titles + lines.abstracts:
        assert passage.text in text
        assert passage.text in page
