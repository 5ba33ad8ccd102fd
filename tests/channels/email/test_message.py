"""The mail message as text: headers, both parts, nothing that a paper could do to it."""

import email
import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.email.message import Ways, written
from bot.channels.email.note import note
from bot.channels.email.outgoing import OutgoingEmail, mailbox, restored
from bot.channels.email.pages import MOST_BYTES, emails
from bot.digest import NAMED, Digest, NoPapers, Why
from bot.jobs.compose import english_line
from bot.model import Language, Reason, Summary
from bot.presentation.cards import digest_lines
from bot.sources.arxivdaily import read as read_listing
from bot.text.harmless import harmless
from tests.channels.cards import addresses, card, digest, summary
from tests.fakes import DAY

SENDER = Address("Sudi 速递", "papers", "sudi.test")
ADA = Address(username="ada", domain="reader.test")
NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
WAYS = Ways("mailto:papers@sudi.test?subject=unsubscribe")
HEADERS = [
    "Subject",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Precedence",
    "List-Id",
    "Feedback-ID",
    "MIME-Version",
    "Content-Type",
]


def raw(outgoing: OutgoingEmail, ways: Ways = WAYS) -> bytes:
    return written(outgoing, SENDER, ADA, NOW, ways)


def parsed(content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def mails(one: Digest) -> list[EmailMessage]:
    return [parsed(raw(outgoing)) for outgoing in emails(one, has_page=False)]


def read(one: Digest) -> EmailMessage:
    (mail,) = mails(one)
    return mail


def parts(one: Digest) -> tuple[str, str]:
    text, html = read(one).iter_parts()
    assert text.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    return text.get_content(), html.get_content()


class Receiver(HTMLParser):
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
    mail = read(digest(*(card(n) for n in range(6)), key="41"))
    assert mail.keys() == HEADERS
    assert str(mail["From"]) == "Sudi 速递 <papers@sudi.test>"
    assert mail["To"] == "ada@reader.test"
    assert mail["Subject"] == f"{card(0).paper.title} and 5 more · 10 June"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == "<sudi.41.1@sudi.test>"
    assert mail["List-Id"] == "<digest.sudi.sudi.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"


def test_the_digests_of_a_mailbox_are_one_thread():
    first, second = (read(digest(card(), key=key)) for key in ("41", "42"))
    assert first["References"] == second["References"] == "<sudi.destination.1@sudi.test>"
    assert first["Message-ID"] != second["Message-ID"]


def test_a_digest_continues_the_thread_of_the_one_that_was_sent_before():
    mail = read(digest(card(), key="2f-42", previous="1a-41"))
    assert mail["In-Reply-To"] == "<sudi.1a-41.1@sudi.test>"
    assert mail["References"].split() == ["<sudi.destination.1@sudi.test>", "<sudi.1a-41.1@sudi.test>"]
    assert mail["Message-ID"] == "<sudi.2f-42.1@sudi.test>"


def test_who_has_a_page_unsubscribes_by_one_click_and_others_by_mail():
    (outgoing,) = emails(digest(card()), has_page=True)
    page = f"https://papers.example.org/u/{'t' * 300}"
    mail = parsed(raw(outgoing, Ways("mailto:papers@sudi.test?subject=unsubscribe", page)))
    assert mail["List-Unsubscribe"] == f"<{page}>, <mailto:papers@sudi.test?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert page in text
    assert page in Receiver(html).links
    text, html = parts(digest(card()))
    assert read(digest(card()))["List-Unsubscribe"] == "<mailto:papers@sudi.test?subject=unsubscribe>"
    for said in (text, Receiver(html).text):
        assert "To stop these mails" in said
        assert "\x1a" not in said
    assert "mailto:papers@sudi.test?subject=unsubscribe" in text
    assert "mailto:papers@sudi.test?subject=unsubscribe" in Receiver(html).links


def test_a_mail_that_waits_since_the_version_before_is_read_as_it_was():
    (outgoing,) = emails(digest(card()), has_page=False)
    assert restored(json.dumps(asdict(outgoing), ensure_ascii=False)) == outgoing


def test_a_message_is_ascii_in_short_lines_and_always_the_same():
    one = digest(*(card(n, abstract="字" * 3000) for n in range(5)))
    (outgoing,) = emails(one, has_page=False)
    assert restored(outgoing.stored()) == outgoing
    content = raw(outgoing)
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.splitlines())) < 100
    assert content == raw(emails(one, has_page=False)[0])


@pytest.mark.parametrize("count", [1, 20, 200])
@pytest.mark.parametrize("language", list(Language))
def test_nothing_is_clipped_and_what_does_not_fit_comes_in_mails_below(count: int, language: Language):
    long = {"abstract": "Long conversations are expensive, so we assign bits to heads. " * 22}
    cards = [card(n, **long) for n in range(1, count + 1)]
    cards = [
        replace(one, summary=summary(one.paper, abstract="长对话十分昂贵，我们为注意力头分配比特。" * 22))
        for one in cards
    ]
    whole = digest(*cards, language=language)
    sent = mails(whole)
    for mail in sent:
        _, html = mail.iter_parts()
        assert len(html.as_bytes()) < MOST_BYTES + 1000 < 102 * 1024
    lines = digest_lines(whole)
    said = [tuple(part.get_content() for part in mail.iter_parts()) for mail in sent]
    for one in lines.cards:
        for passage in (*one.titles, *one.lines, *one.notes, *one.abstracts):
            assert sum(passage.text in text for text, _ in said) >= 1
        assert sum(f'href="{one.url}"' in html for _, html in said) == 1
    first, *others = (mail["Message-ID"] for mail in sent)
    assert (len(others) > 0) == (count == 200 or (count == 20 and language is not Language.EN))
    for number, mail in enumerate(sent, 1):
        numbered = f" ({number}/{len(sent)})" if others else ""
        assert mail["Subject"].endswith((f" · 10 June{numbered}", f" · 6 月 10 日{numbered}"))
        assert lines.title_in_full in said[number - 1][0]
        assert mail["In-Reply-To"] == ("<sudi.destination.1@sudi.test>" if number == 1 else first)


def test_a_real_day_arrives_with_every_field_as_it_is(samples: Path):
    day = json.loads((samples / "papers" / "cs.CV_2026-04-21.json").read_text("utf-8"))
    cards = [
        card(
            id=row["arxiv_id"],
            title=row["title"],
            abstract=row["abstract"],
            comments=row["comment"] or "",
            authors=tuple(row["authors"]),
            categories=tuple(row["categories"]),
        )
        for row in day["papers"]
    ]
    whole = digest(*cards)
    assert len(cards) == 501
    said = [tuple(part.get_content() for part in mail.iter_parts()) for mail in mails(whole)]
    text = " ".join(one for one, _ in said)
    page = " ".join(" ".join(Receiver(one).text for _, one in said).split())
    for lines in digest_lines(whole).cards:
        passages = (*lines.titles, *lines.lines, *lines.notes, *lines.abstracts)
        for field in (lines.id, lines.url, lines.authors, lines.facts, *(each.text for each in passages)):
            assert field in text
            assert field in page or field == lines.url


def test_what_the_cap_left_out_is_named_with_links_however_much_it_is():
    rest = tuple(card(n) for n in range(2, 600))
    sent = mails(digest(card(1), rest=rest, matched=599))
    assert len(sent) > 1
    links = [link for mail in sent for link in Receiver(list(mail.iter_parts())[1].get_content()).links]
    for one in rest:
        assert one.paper.url in links
    assert "Mail 2 of" in next(sent[1].iter_parts()).get_content()


def test_the_plain_text_has_the_colon_of_its_language():
    said = [
        parts(digest(card(1), language=one, link="https://sudi.test/d"))[0] for one in (Language.EN, Language.ZH)
    ]
    assert "browser: https://sudi.test/d" in said[0]
    assert "打开：https://sudi.test/d" in said[1]


@pytest.mark.parametrize("language", list(Language))
def test_plain_text_and_html_say_the_same(language: Language):
    one = digest(card(1), card(2, chinese=False), matched=3, rest=(card(3),), language=language)
    said = digest_lines(one)
    text, html = parts(one)
    page = Receiver(html).text
    for line in (
        said.title_in_full,
        said.query,
        said.coverage,
        said.provenance,
        said.named,
        "Thank you to arXiv for use of its open",
    ):
        assert line in text
        assert line in page
    for lines in said.cards:
        passages = (*lines.titles, *lines.lines, *lines.notes, *lines.abstracts)
        facts = (lines.id, lines.authors, lines.facts, lines.why, lines.caution)
        for line in (*facts, *(each.text for each in passages)):
            assert line in text
            assert line in page


def test_each_text_carries_its_language():
    assert Receiver(parts(digest(card(), language=Language.EN))[1]).languages.count("zh-Hans") == 0
    assert {"en", "zh-Hans"} == set(Receiver(parts(digest(card()))[1]).languages)
    assert Receiver(parts(digest(card(), language=Language.ZH))[1]).languages[0] == "zh-Hans"


def test_abstracts_stand_under_their_cards_or_from_three_papers_on_below_all_of_them():
    two, three = (Receiver(parts(digest(*(card(n) for n in range(count))))[1]) for count in (2, 3))
    assert not [link for link in two.links if link.startswith("#")]
    assert [link for link in three.links if link.startswith("#")] == ["#a1", "#a2", "#a3"]
    abstract = "Long conversations number 0 are expensive"
    assert two.text.index(abstract) < two.text.index("2606.90001")
    assert three.text.index(abstract) > three.text.index("2606.90002")
    text, _ = parts(digest(*(card(n) for n in range(3))))
    assert text.index(abstract) > text.index("https://arxiv.org/abs/2606.90002")


def test_a_table_of_contents_appears_with_the_eleventh_card():
    ten, eleven = (Receiver(parts(digest(*(card(n) for n in range(count))))[1]) for count in (10, 11))
    assert not [link for link in ten.links if link.startswith("#p")]
    assert [link for link in eleven.links if link.startswith("#p")] == [f"#p{n}" for n in range(1, 12)]


def test_the_sentence_that_says_most_is_tinted_in_the_abstract():
    one = card(reasons=(Reason("bits", "abstract"),))
    picked = Summary(one.paper.id, 1, Language.EN, one_line="We assign bits to heads.", provenance="extract")
    _, html = parts(digest(replace(one, english=picked)))
    tinted = re.search(r'<span class="key" style="[^"]*#fdf3cf[^"]*">(.*?)</span>', html)
    assert tinted is not None
    assert re.sub(r"<[^>]+>", "", tinted[1]) == "We assign bits to heads."
    assert "<strong>bits</strong>" in tinted[1]


@pytest.mark.parametrize("language", list(Language))
def test_a_paper_takes_less_than_6500_bytes(language: Language, samples: Path):
    listing = read_listing((samples / "arxivdaily_2026-06-10.txt").read_bytes())
    assert listing is not None
    made = {one.paper_id: one for one in listing.summaries}
    papers = [one.paper for one in listing.announcements[:16]]
    cards = [replace(card(), paper=one, summary=made.get(one.id), english=english_line(one)) for one in papers]
    few, many = (
        sum(len(mail.html.encode()) for mail in emails(digest(*some, language=language), has_page=True))
        for some in (cards[:3], cards)
    )
    assert (many - few) / 13 < 6500
    assert few - 3 * (many - few) / 13 < 3000  # the head and the foot


def test_a_key_sentence_stands_once_where_the_abstract_is_right_under_its_card():
    sentence = "We assign bits to heads."
    picked = Summary("x", 1, Language.EN, one_line=sentence, provenance="extract")
    one = replace(card(chinese=False), english=picked)
    alone, several = (
        Receiver(parts(digest(*(one for _ in range(count)), language=Language.EN))[1]).text for count in (1, 3)
    )
    assert alone.count(sentence) == 1
    assert several.count(sentence) == 6


def test_links_go_to_arxiv_only_and_those_in_texts_stay_text():
    one = card(abstract="see https://evil.test/x and <a href='http://evil.test'>y</a>")
    page = Receiver(parts(digest(one))[1])
    assert set(page.links) == addresses(one) | {WAYS.mail}
    assert "https://evil.test/x" in page.text


def test_an_identifier_cannot_leave_its_link():
    page = Receiver(parts(digest(card(id='1"><script>alert(1)</script>')))[1])
    assert "script" not in page.tags


def test_the_styles_are_inline_and_dark_mode_is_kept():
    html = parts(digest(card()))[1]
    assert re.search(r'<h1 [^>]*style="[^"]*font:bold 22px', html)
    assert "@media (prefers-color-scheme:dark)" in html
    assert "url(" not in html


def test_hostile_text_is_escaped_and_readable():
    hostile = "<b>bold</b> & &amp; @here *stars* \"q\" 'a' {{ 7*7 }} 👩‍💻 𝔽 <img src=x onerror=alert(1)>"
    text, html = parts(digest(card(title=hostile, authors=(hostile,), abstract=hostile)))
    page = Receiver(html)
    assert text.count(hostile) == 3
    assert page.text.count(hostile) == 3
    assert not {"b", "img"} & set(page.tags)


@pytest.mark.parametrize(
    ("title", "others", "language", "subject"),
    [
        ("Tides", 0, Language.BOTH, "Tides · 10 June"),
        ("Tides", 1, Language.EN, "Tides and 1 more · 10 June"),
        ("Tides " * 30, 9, Language.EN, f"{'Tides ' * 11}Tides… and 9 more · 10 June"),
        ("T" * 300, 9, Language.EN, f"{'T' * 71}… and 9 more · 10 June"),
    ],
)
def test_the_subject_names_the_first_paper_and_how_many_more_there_are(title, others, language, subject):
    papers = [card(title=title), *(card(number) for number in range(2, others + 2))]
    assert read(digest(*papers, language=language))["Subject"] == subject


def test_a_subject_counts_papers_that_are_not_even_named():
    one = digest(*(card(number) for number in range(1, 4)), rest=tuple(card(n) for n in range(4, NAMED + 8)))
    (outgoing, *_) = emails(one, has_page=False, takes_commands=True)
    assert f"and {NAMED + 6} more" in outgoing.subject


def test_a_chinese_subject_counts_all_papers():
    papers = [card(number) for number in (1, 2, 3)]
    mail = read(digest(*papers, language=Language.ZH))
    assert mail["Subject"] == f"{papers[0].summary.title} 等 3 篇 · 6 月 10 日"


def test_without_papers_the_subject_says_so():
    nothing = digest(no_papers=NoPapers(Why.NOTHING_MATCHED, (DAY,)), language=Language.EN)
    assert read(nothing)["Subject"] == digest_lines(nothing).title


def test_no_header_can_be_injected():
    evil = "x\r\nBcc: victim@reader.test\r\n\r\nbody"
    one = digest(card(title=evil, authors=(evil,), comments=evil), key=evil)
    one = replace(one, destination=replace(one.destination, address="a@b.test\r\nBcc: victim@reader.test"))
    mail = read(one)
    assert mail.keys() == HEADERS
    assert len(list(mail.iter_parts())) == 2


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


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from('\r\n\x0b\x85\u2028:=?<>@,;"\\潮汐é ')))
def test_whatever_somebody_has_to_be_told_fills_the_subject_and_no_other_header(text: str):
    content = raw(note(f"潮汐表 {text}", str(ADA), NOW.date()))
    mail = parsed(content)
    expected = {*HEADERS, "Content-Transfer-Encoding"} - {"In-Reply-To", "References"}
    assert sorted(mail.keys()) == sorted(expected)
    whole = f"潮汐表 {harmless(text)}".splitlines()[0]
    shown = whole if len(whole) <= 70 else f"{whole[:69]}…"
    assert mail["Subject"] == f"Sudi 速递 · {shown}"
    for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        assert len(line) <= 78


@settings(max_examples=60)
@given(st.text(), st.text(), st.text(), st.sampled_from(Language))
def test_any_text_gives_a_message_that_reads_back(title: str, chinese: str, author: str, language: Language):
    one = card(title=title, authors=(author,), abstract=title + chinese)
    one = replace(one, summary=summary(one.paper, title=chinese, abstract=chinese))
    whole = digest(one, language=language)
    text, html = parts(whole)
    assert read(whole).keys() == HEADERS
    page = " ".join(Receiver(html).text.split())
    for passage in (lines := digest_lines(whole).cards[0]).titles + lines.abstracts:
        assert passage.text in text
        assert passage.text in page
