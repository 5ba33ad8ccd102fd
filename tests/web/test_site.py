"""The site: looking changes nothing, a POST with the right token acts for exactly one mailbox, no more."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from urllib.parse import quote, urljoin

import aiohttp
import pytest

from bot.presentation.cards import NAME
from bot.store import schema
from bot.text.traditional import traditional
from bot.tokens import Purpose, Tokens
from bot.web import LARGEST, Site, serve
from bot.web.templates import EDITION
from tests import PATIENCE
from tests.counterparts.processes import free_port
from tests.fakes import ingest, listing, paper, rows
from tests.web.conftest import ADA, BOB


async def test_looking_changes_nothing(visit):
    before = await visit.everything()
    for path in (visit.page(visit.ada), await visit.asks("subscribe tide")):
        before[3] = await rows(visit.store, schema.unconfirmed)
        assert (await visit.get(path))[0] == 200
        async with visit.client.head(path) as response:
            assert response.status == 200
        assert await visit.everything() == before


async def test_a_page_is_about_one_mailbox(visit):
    _, text = await visit.get(visit.page(visit.ada))
    assert ADA in text
    assert "cs.LG tide" in re.sub(r"<[^>]+>", "", text)
    assert BOB not in text
    assert "cs.CL" not in text


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
async def test_one_click_unsubscribes_that_mailbox_and_no_other(visit, encoding):
    data: aiohttp.FormData = aiohttp.FormData(
        {"List-Unsubscribe": "One-Click"}, default_to_multipart=encoding == "multipart"
    )
    async with visit.client.post(visit.page(visit.ada), data=data, allow_redirects=False) as response:
        assert response.status == 200
    assert await visit.queries(visit.ada) == []
    assert await visit.queries(visit.bob) == ["cs.CL"]
    assert (await visit.post(visit.page(visit.ada), **{"List-Unsubscribe": "One-Click"}))[0] == 200


@pytest.mark.parametrize(
    ("fields", "queries", "changed"),
    [
        ({"do": "unsubscribe", "which": "1"}, ["hep-th"], {}),
        ({"do": "unsubscribe", "which": "id:2"}, ["cs.LG tide"], {}),
        ({"do": "unsubscribe", "which": "id:3"}, ["cs.LG tide", "hep-th"], {}),  # somebody else's
        ({"do": "unsubscribe", "which": "all"}, [], {}),
        ({"do": "pause"}, ["cs.LG tide", "hep-th"], {"paused": "paused on request"}),
        (
            {"do": "preferences", "language": "zh", "notices": "always"},
            ["cs.LG tide", "hep-th"],
            {"language": "zh"},
        ),
        ({"do": "preferences", "notices": "always"}, ["cs.LG tide", "hep-th"], {"notices": "always"}),
        ({"do": "preferences", "limit": "3"}, ["cs.LG tide", "hep-th"], {"limit": 3, "notices": "faults"}),
        ({"do": "preferences"}, ["cs.LG tide", "hep-th"], {"language": "en", "notices": "faults"}),
        ({"do": "subscribe", "query": "stat.ML  quantiz*"}, ["cs.LG tide", "hep-th", "stat.ML quantiz*"], {}),
        ({"do": "subscribe", "query": "cs.LG (tide"}, ["cs.LG tide", "hep-th"], {}),
        (
            {"do": "subscribe", "query": "tide\nunsubscribe all"},
            ["cs.LG tide", "hep-th", "tide unsubscribe all"],
            {},
        ),
        ({"do": "edit", "which": "1", "query": "cs.LG harbour"}, ["cs.LG harbour", "hep-th"], {}),
        ({"do": "edit", "which": "id:3", "query": "cs.LG harbour"}, ["cs.LG tide", "hep-th"], {}),
    ],
)
async def test_a_post_acts(visit, fields, queries, changed):
    status, text = await visit.post(visit.page(visit.ada), **fields)
    assert status == 200
    assert 'role="status"' in text
    assert await visit.queries(visit.ada) == queries
    (row, other) = await rows(visit.store, schema.destination)
    assert {name: getattr(row, name) for name in changed} == changed
    assert (other.language, other.paused) == ("en", "")


async def test_time_zone_and_days_are_changed(visit):
    await visit.post(visit.page(visit.ada), do="preferences", clock="07:30", zone="北京", days="weekly")
    async with visit.store.read() as tx:
        slot = (await tx.subscribers.find_destination(visit.ada.id)).slot
    assert (slot.clock, slot.zone, slot.days) == ("07:30", "Asia/Shanghai", "weekly")
    _, text = await visit.post(visit.page(visit.ada), do="preferences", clock="07:30", zone="Atlantis")
    assert "know the time zone" in text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"do": "subscribe", "which": "cs.LG"},
        {"do": "edit", "which": "all", "query": "cs.LG"},
        {"do": "edit", "which": "1"},
        {"do": "unsubscribe"},
        {"do": "unsubscribe", "which": "1 or all"},
        {"do": "mute", "which": "tide"},
        {"do": "preferences", "language": "klingon"},
        {"do": "preferences", "days": "x" * 400},
        {"do": "preferences", "limit": "3 or so"},
        {"List-Unsubscribe": "Two-Click"},
    ],
)
async def test_what_the_page_does_not_offer_is_refused(visit, fields):
    before = await visit.everything()
    status, text = await visit.post(visit.page(visit.ada), **fields)
    assert status == 400
    assert "nothing has changed" in text
    assert await visit.everything() == before


async def test_a_wrong_an_old_and_a_foreign_token_give_the_same_kind_page_and_nothing_else(visit):
    good = visit.page(visit.ada)
    missing = visit.tokens.sign(Purpose.MANAGE, 99, visit.clock.now)
    bad = [
        "/mail/x",
        good[:-1] + ("a" if good[-1] != "a" else "b"),
        f"/mail/{missing}",
        visit.page(visit.ada, Purpose.BOUNCE),
        visit.page(visit.ada, Purpose.CONFIRM),
        f"/mail/{Tokens(b'other' * 8).sign(Purpose.MANAGE, visit.ada.id, visit.clock.now)}",
        "/confirm/x",
        f"/confirm/{visit.tokens.sign(Purpose.CONFIRM, 99, visit.clock.now)}",
        "/no/where",
    ]
    before = await visit.everything()
    pages = set()
    for path in bad:
        pages.add(await visit.get(path))
        if path != "/no/where":
            pages.add(await visit.post(path, **{"List-Unsubscribe": "One-Click", "do": "pause"}))
    visit.clock.now += timedelta(days=401)
    pages.add(await visit.get(good))
    ((status, text),) = pages
    assert status == 404
    assert "doesn’t work any more" in text
    assert await visit.everything() == before


async def test_a_confirmation_is_shown_done_once_and_then_gone(visit):
    path = await visit.asks('subscribe "<b>bold</b>"', "language zh")
    status, text = await visit.get(path)
    assert status == 200
    assert "&lt;b&gt;bold" in text
    assert "<b>" not in text
    answers = await asyncio.gather(*(visit.post(path) for _ in range(4)))
    assert sum("Subscribed" in text or "已订阅" in text for _, text in answers) == 1
    assert len(await visit.queries(visit.ada)) == 3
    assert (await visit.post(path))[0] == 404
    assert (await visit.get(path))[0] == 404


async def test_hostile_queries_and_addresses_stay_text(visit):
    async with visit.store.write() as tx:
        await tx.subscribers.subscribe(visit.ada.id, '"<script>alert(1)</script>" & "\'\'>"', visit.clock.now)
    _, text = await visit.get(visit.page(visit.ada))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


async def test_every_page_finds_its_style_sheet_wherever_a_proxy_puts_it(visit):
    for path in ("/", "/no/where", "/no/where/at/all", visit.page(visit.ada), await visit.asks("subscribe tide")):
        _, text = await visit.get(path)
        (link,) = re.findall(r'stylesheet" href="([^"]+)"', text)
        assert (
            urljoin(f"https://sudi.test/papers/sudi{path}", link)
            == f"https://sudi.test/papers/sudi/style.css?{EDITION}"
        )
    async with visit.client.get(f"/style.css?{EDITION}") as response:
        assert response.content_type == "text/css"


async def test_every_answer_has_the_headers_that_browsers_heed(visit):
    for path in ("/", "/healthz", "/style.css", "/no/where", visit.page(visit.ada)):
        async with visit.client.get(path) as response:
            assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            kept = "public, max-age=3600" if path == "/style.css" else "no-store"
            assert response.headers["Cache-Control"] == kept
            assert "<script" not in await response.text()
            assert "Set-Cookie" not in response.headers


async def test_what_is_too_large_or_no_form_is_refused(visit):
    page = visit.page(visit.ada)
    before = await visit.everything()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with visit.client.post(page, data=b"do=pause&x=" + b"x" * LARGEST, headers=form) as response:
        assert response.status == 413
    bad = {"Content-Type": "multipart/form-data; boundary=a"}
    async with visit.client.post(page, data=b"--b\r\nnonsense", headers=bad) as response:
        assert response.status == 400
    async with visit.client.post(page, data=b"do=%ff%fe&\xff=\xfe", headers=form) as response:
        assert response.status == 400
    for method in ("PUT", "DELETE", "PATCH"):
        async with visit.client.request(method, page) as response:
            assert response.status == 405
    async with visit.client.get(f"/mail/{quote('../../etc/passwd', safe='')}") as response:
        assert response.status == 404
    assert await visit.everything() == before


async def test_a_line_that_is_no_http_ends_the_connection(visit):
    server = visit.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"\x16\x03\x01 nonsense\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("", "fr, en", "en"),
        ("?lang=zh", "en", "zh-Hans"),
        ("?lang=<x>", "en", "en"),
        ("", "zh-TW,zh;q=0.9", "zh-Hant"),
        ("", "zh-Hant-HK;q=1", "zh-Hant"),
        ("?lang=zh-hant", "en", "zh-Hant"),
    ],
)
async def test_a_page_speaks_the_language_of_its_reader(visit, query, accept, lang):
    _, text = await visit.get(f"/{query}", **({"Accept-Language": accept} if accept else {}))
    assert f'<html lang="{lang}">' in text
    await visit.post(visit.page(visit.ada), do="preferences", language="zh")
    assert '<html lang="zh-Hans">' in (await visit.get(visit.page(visit.ada)))[1]


async def test_a_reader_of_traditional_characters_has_pages_and_answers_in_them(visit):
    page = visit.page(visit.ada)
    _, said = await visit.post(page, do="preferences", language="zh-hant")
    _, shown = await visit.get(page)
    for text in (said, shown):
        bare = text.replace("简体中文", "").replace(NAME, "")
        assert '<html lang="zh-Hant">' in bare
        assert traditional(bare) == bare
        assert "訂閱" in bare


async def test_pages_thank_arxiv_and_work_without_scripts_and_from_any_path(visit):
    _, text = await visit.get(visit.page(visit.ada))
    assert "Thank you to arXiv" in text
    assert "not reviewed or approved by" in text
    assert not re.search(r'(?:href|src|action)="(?:/|http)', text)


async def test_health_is_that_of_the_database(visit):
    assert await visit.get("/healthz") == (200, "ok\n")
    visit.troubles = ["slack refuses us", "nothing is read"]
    assert await visit.get("/healthz") == (503, "slack refuses us\nnothing is read\n")


async def test_it_is_served_where_the_admin_says_and_ends_in_good_order(visit):
    port = free_port()
    application = Site(visit.email_workflow).application()
    serving = asyncio.create_task(serve(application, f"127.0.0.1:{port}"))
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/") as response:
                    assert response.status == 200
                    break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.01)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_a_mailbox_sees_its_next_digest_and_its_subscriptions_in_plain_words(visit):
    _, text = await visit.get(visit.page(visit.ada))
    said = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Next digest: Wed 10 June 2026, 09:00" in said
    assert "Papers in cs.LG (Machine Learning), with the word “tide”" in said
    assert text.count("<select") == 3
    assert text.count('class="main"') == 1


async def test_one_subscription_is_opened_paused_and_resumed_by_itself(visit):
    page = visit.page(visit.ada)
    _, text = await visit.get(f"{page}?edit=1")
    assert text.count('value="cs.LG tide"') == 1
    assert "Leave as it is" in text
    _, text = await visit.post(page, do="pause", which="2")
    assert "Paused; matches are kept" in text
    async with visit.store.read() as tx:
        known = await tx.subscribers.subscriptions(visit.ada.id)
        assert [one.paused for one in known] == [False, True]
        assert not (await tx.subscribers.find_destination(visit.ada.id)).paused
    _, text = await visit.post(page, do="resume", which="2")
    assert "Paused; matches are kept" not in text


async def test_what_was_typed_wrong_is_kept_in_its_field(visit):
    _, text = await visit.post(visit.page(visit.ada), do="subscribe", query='cs.LG ("kv cache"')
    assert 'value="cs.LG (&#34;kv cache&#34;"' in text
    assert "bracket" in text


async def test_a_confirmation_speaks_plain_words(visit):
    _, text = await visit.get(await visit.asks('subscribe cs.LG "kv cache" -survey'))
    said = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Confirm your subscription Requested for ada@reader.test" in said
    assert "You will get papers in cs.LG (Machine Learning), with the phrase “kv cache”" in said
    lines = ("pause", "unsubscribe 1", "language zh", "days weekly", "mute tide")
    _, text = await visit.get(await visit.asks(*lines))
    said = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Confirm these changes" in said
    whole, one = "Pause everything pause", "Unsubscribe from number 1 unsubscribe 1"
    for words in (whole, one, "Papers in: Chinese language zh", "Days: weekly days weekly", "mute tide"):
        assert words in said
    assert "Digests come" not in said


async def test_a_mailbox_and_its_confirmation_say_about_how_much_comes_and_when(visit):
    await ingest(visit.store, [listing("cs.LG", *(paper(n) for n in range(3)))], visit.clock.now)
    for path in (visit.page(visit.ada), await visit.asks("subscribe cs.LG harbour")):
        _, text = await visit.get(path)
        assert text.count("About 3 papers a day") == 1  # nothing of hep-th is read
    said = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Digests come at 09:00, Monday to Friday (UTC), in English." in said


async def test_a_dead_link_knows_a_way_on(visit):
    for path in ("/mail/x", "/no/where/at/all"):
        _, text = await visit.get(path)
        (home,) = re.findall(r'<a href="([^"]+)">To the front page', text)
        assert urljoin(f"https://sudi.test{path}", home) == "https://sudi.test/"
