"""The HTML of mails, as validators and the tables of what mail programs know see it."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from bot.channels.email.outgoing import LINK, OutgoingEmail
from bot.channels.email.pages import emails
from bot.jobs.compose import english_line
from bot.model import AnnounceType, Language
from bot.sources import arxivdaily
from tests.channels.cards import card, digest, summary
from tests.counterparts import browser, mail_html
from tests.counterparts.needed import need

HOSTILE = (
    "<b>bold</b> &amp; </p></div> <!-- \"q\" 'a' {{ 7*7 }} ]]> <img src=x onerror=alert(1)> &#0; \x1a \u202e 👩‍💻"
)
Judge = Callable[..., list[str]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """What is wrong with the pages of emails."""
    need("html-validate", mail_html.missing())

    def faults(*made: OutgoingEmail) -> list[str]:
        pages = [tmp_path / f"{number}.html" for number in range(len(made))]
        for page, outgoing in zip(pages, made, strict=True):
            page.write_text(outgoing.html.replace(LINK, "https://papers.example.org/mail/t"), "utf-8")
        return mail_html.faults(pages)

    return faults


def test_the_validators_find_faults_where_there_are_some(judge: Judge, tmp_path: Path):
    page = tmp_path / "bad.html"
    page.write_text('<!DOCTYPE html><html lang="en"><title>x</title><p style="position: fixed">a</div><img src=x>')
    found = " ".join(mail_html.faults([page]))
    assert "close-order" in found
    assert "wcag/h37" in found
    assert "gmail.ios: position:fixed" in found or "position" in found


def test_digests_in_every_language_are_valid_and_need_nothing_that_mail_programs_lack(judge: Judge):
    revised = card(5, type=AnnounceType.REPLACE_CROSS, comments="", authors=(), reasons=(), subscriptions=())
    cards = [*(card(n) for n in range(4)), revised]
    made: list[OutgoingEmail] = []
    for language in Language:
        made += emails(digest(language=language), has_page=True)
        made += emails(digest(card(1, chinese=False), language=language), has_page=False)
        several = digest(*cards, rest=(card(30), card(31)), matched=7, language=language)
        made += emails(several, has_page=True)
    assert judge(*made) == []


@pytest.mark.parametrize("count", [20, 200])
def test_large_digests_are_valid(judge: Judge, count: int):
    cards = [card(n, abstract="Long conversations are expensive. " * 40) for n in range(1, count + 1)]
    assert judge(*emails(digest(*cards), has_page=True)[:3]) == []


def test_hostile_texts_stay_texts(judge: Judge):
    one = card(title=HOSTILE, authors=(HOSTILE,), abstract=HOSTILE, comments=HOSTILE, categories=(HOSTILE,))
    one = replace(one, summary=summary(one.paper, title=HOSTILE, one_line=HOSTILE, abstract=HOSTILE))
    several = [replace(one, paper=replace(one.paper, id=f"{number}{HOSTILE}")) for number in range(5)]
    assert judge(*emails(digest(*several, rest=(one,)), has_page=True)) == []


def test_contents_and_links_to_abstracts_lead_to_empty_anchors_that_have_a_name():
    """Gmail, Outlook and Yahoo follow no others: https://www.caniemail.com/features/html-anchor-links/"""
    (outgoing,) = emails(digest(*(card(n) for n in range(1, 13))), has_page=True)
    tree = html.fromstring(outgoing.html)
    wanted = [one.removeprefix("#") for one in tree.xpath("//ol//a/@href")]
    assert wanted == [f"p{number}" for number in range(1, 13)]
    wanted += [one.removeprefix("#") for one in tree.xpath("//p//a/@href") if one.startswith("#")]
    assert wanted[12:] == [f"a{number}" for number in range(1, 13)]
    for name in wanted:
        (anchor,) = tree.xpath(f"//a[@name='{name}']")
        assert (anchor.get("id"), anchor.text, len(anchor)) == (name, None, 0)
        assert tree.xpath(f"count(//*[@id='{name}'])") == 1


def test_a_paper_takes_at_most_420_pixels_of_a_phone_before_the_abstracts(samples: Path, tmp_path: Path):
    need("browser", browser.missing())
    listing = arxivdaily.read((samples / "arxivdaily_2026-06-10.txt").read_bytes())
    assert listing is not None
    made = {one.paper_id: one for one in listing.summaries}
    some = [one.paper for one in listing.announcements[:9]]
    cards = [replace(card(), paper=one, summary=made.get(one.id), english=english_line(one)) for one in some]
    (outgoing,) = emails(digest(*cards), has_page=True)
    cells = "[...document.querySelectorAll('td.rule')].filter(e => e.querySelector('p.line'))"
    measure = f"{cells}.map(e => e.offsetHeight)"
    page = tmp_path / "phone.html"
    narrow = outgoing.html.replace('<body style="', '<body style="width: 390px; ')
    page.write_text(narrow.replace("</body>", f"<script>document.title = {measure}</script></body>"), "utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    heights = [int(one) for one in html.fromstring(shown).findtext(".//title").split(",")]
    assert len(heights) == len(cards)
    assert max(heights) <= 420
