"""The page of a paper that came by mail: to save it, and to follow its authors, for that mailbox alone."""

from __future__ import annotations

import re

import pytest

from bot.channels.email.pages import emails
from bot.model import Destination
from bot.store import saved
from bot.tokens import Purpose
from tests.channels.cards import card, digest
from tests.fakes import paper, rows

ODD = '<b>x</b> & "q"'


@pytest.fixture
async def stored(visit):
    """Two papers that are stored, one of an old id and of three authors."""
    async with visit.store.write() as tx:
        names = ("Ottoline Greaves", ODD, "Wen Shuyi")
        await tx.papers.ensure([paper(1, title=ODD, authors=names), paper(2, id="hep-th/9901001", authors=())])
    return visit


async def kept(visit, destination: Destination) -> list[str]:
    async with visit.store.read() as tx:
        person = await tx.subscribers.known_person("email", destination.address)
        return list(await tx.saved.of(person)) if person is not None else []


async def test_looking_changes_nothing(stored):
    before = [*await stored.everything(), await rows(stored.store, saved.saved)]
    for one in ("2606.90001", "hep-th/9901001"):
        path = f"{stored.page(stored.ada)}/paper/{one}"
        status, text = await stored.get(path)
        assert status == 200
        assert one in text
        assert stored.ada.address in text
        async with stored.client.head(path) as response:
            assert response.status == 200
    assert [*await stored.everything(), await rows(stored.store, saved.saved)] == before


async def test_a_post_saves_the_paper_for_that_mailbox(stored):
    path = f"{stored.page(stored.ada)}/paper/hep-th/9901001"
    status, text = await stored.post(path, do="save")
    assert status == 200
    assert "Saved hep-th/9901001" in text
    assert await kept(stored, stored.ada) == ["hep-th/9901001"]
    assert await kept(stored, stored.bob) == []
    assert "Already saved" in (await stored.post(path, do="save"))[1]


async def test_a_post_follows_the_author_who_was_chosen(stored):
    status, text = await stored.post(f"{stored.page(stored.ada)}/paper/2606.90001", do="follow", author="3")
    assert status == 200
    assert "Subscribed (#3): author:&#34;Wen Shuyi&#34;" in text
    assert await stored.queries(stored.ada) == ["cs.LG tide", "hep-th", 'author:"Wen Shuyi"']
    assert await stored.queries(stored.bob) == ["cs.CL"]


async def test_names_and_titles_are_text(stored):
    _, text = await stored.get(f"{stored.page(stored.ada)}/paper/2606.90001")
    assert "<b>x</b>" not in text
    assert re.findall(r'<option value="(\d)">([^<]*)</option>', text) == [
        ("1", "Ottoline Greaves"), ("2", "&lt;b&gt;x&lt;/b&gt; &amp; &#34;q&#34;"), ("3", "Wen Shuyi"),
    ]  # fmt: skip
    assert "<select" not in (await stored.get(f"{stored.page(stored.ada)}/paper/hep-th/9901001"))[1]


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"do": "unsubscribe", "which": "all"}, {"do": "follow"}, {"do": "follow", "author": "0"},
        {"do": "follow", "author": "4"}, {"do": "follow", "author": "1\nunsubscribe all"},
        {"do": "follow", "author": "9" * 5000}, {"do": "follow", "author": "²"},
        {"List-Unsubscribe": "One-Click"},
    ],
)  # fmt: skip
async def test_what_the_page_does_not_offer_is_refused(stored, fields):
    before = [*await stored.everything(), await rows(stored.store, saved.saved)]
    status, _ = await stored.post(f"{stored.page(stored.ada)}/paper/2606.90001", **fields)
    assert status == 400
    assert [*await stored.everything(), await rows(stored.store, saved.saved)] == before


async def test_a_wrong_link_and_a_paper_that_is_not_there_are_not_found(stored):
    good = stored.page(stored.ada)
    for path in (
        f"{good[:-1]}{'b' if good[-1] == 'a' else 'a'}/paper/2606.90001",
        f"{stored.page(stored.ada, Purpose.BOUNCE)}/paper/2606.90001",
        f"{good}/paper/2606.99999",
        f"{good}/paper/{'x' * 400}",
    ):
        assert (await stored.get(path))[0] == 404
        assert (await stored.post(path, do="save"))[0] in (400, 404)
    assert await rows(stored.store, saved.saved) == []


async def test_mails_link_to_it_where_there_are_pages(stored):
    one = card(1, id="hep-th/9901001")
    linked, bare = (emails(digest(one), has_page=has_page)[0] for has_page in (True, False))
    for text in (linked.text, linked.html):
        assert "\x1alink\x1a/paper/hep-th/9901001" in text
        assert "Save or follow" in text
    assert "/paper/" not in bare.text + bare.html
    path = stored.page(stored.ada) + "/paper/hep-th/9901001"
    assert (await stored.get(path))[0] == 200
