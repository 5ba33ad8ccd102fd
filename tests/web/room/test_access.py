"""Who may read what: a link opens one digest and the papers of the room, and tells nothing else of anybody."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from urllib.parse import quote, urljoin

import pytest

from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.jobs.plan import plan
from bot.model import Notices
from bot.store import schema
from bot.tokens import Purpose, Tokens
from bot.web.templates import EDITION
from tests.fakes import DAY, MORNING, NINE, FakeChannel, paper, planned, rows, subscribed
from tests.web.room.conftest import announced, ids, plain

QUERY = "cs.LG harbour"


async def delivered(one, *, papers=4, cap=50, address="#tides", query=QUERY):
    """Let a destination get a digest; the token of the link that it ends with."""
    destination, _ = await subscribed(one.store, query, address=address)
    await announced(one.store, *(paper(n, title=f"Harbour <b>{n}</b>") for n in range(1, papers + 1)))
    await planned(one.store)
    channel = FakeChannel()
    delivery = (await rows(one.store, schema.delivery))[-1]
    composer = Composer(one.store, cap=cap, clock=one.clock, links=one.links)
    await Courier(one.store, channel, composer, owner="one", clock=one.clock).drain()
    assert channel.arrived
    token = channel.digests[-1].link.removeprefix("https://sudi.test/digest/").removesuffix("/")
    return token, destination, delivery.id


@pytest.fixture
async def signed(opened):
    return await opened(bot_reading_room="signed")


async def test_without_a_link_a_signed_room_is_closed(signed):
    await delivered(signed)
    for path in ("/papers", f"/papers/{DAY}", "/search?q=harbour", "/dates", "/paper/2606.90001", "/feed.atom"):
        assert (await signed.get(path))[0] == 404


async def test_a_link_opens_the_digest_and_the_room(signed):
    token, _, _ = await delivered(signed)
    signed.before = f"/digest/{token}"
    status, html = await signed.get("/")
    assert status == 200
    assert re.findall(r'<article id="([^"]+)"', html) == [f"2606.9000{n}" for n in range(1, 5)]
    for path in (
        "/papers",
        f"/papers/{DAY}",
        "/search?q=harbour",
        "/dates",
        "/paper/2606.90001",
        "/paper/2606.90001.bib",
    ):
        assert (await signed.get(path))[0] == 200, path
    assert (await signed.get("/feed.atom"))[0] == 404


async def test_no_page_holds_the_token_an_address_or_another_query(signed):
    token, destination, _ = await delivered(signed)
    await subscribed(signed.store, "cs.CL secret", address="ada@reader.test")
    signed.before = f"/digest/{token}"
    for path in ("/", "/papers", f"/papers/{DAY}?q=harbour", "/search?q=harbour", "/dates", "/paper/2606.90001"):
        _, html, headers = await signed.ask(f"{signed.before}{path}")
        assert token not in html
        assert destination.address not in html
        assert "secret" not in html
        assert "/mail/" not in html
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "Set-Cookie" not in headers


async def test_links_inside_the_room_keep_the_token_by_being_relative(signed):
    token, _, _ = await delivered(signed)
    base = f"https://sudi.test/sub/digest/{token}/"
    for path in ("", f"papers/{DAY}?q=harbour", "search?q=harbour", "dates", "paper/2606.90001"):
        _, html = await signed.get(f"/digest/{token}/{path}")
        links = [urljoin(base + path, url.replace("&amp;", "&")) for url in re.findall(r'href="([^"]+)"', html)]
        inside = [url for url in links if url.startswith("https://sudi.test/")]
        assert all(url.startswith(base) or url.endswith(f"/style.css?{EDITION}") for url in inside)
        assert f"{base}dates" in inside
        assert f"https://sudi.test/sub/style.css?{EDITION}" in inside
        for url in inside:
            assert (await signed.get(url.removeprefix("https://sudi.test/sub").partition("#")[0]))[0] == 200, url


async def test_a_link_without_its_last_slash_is_put_right(signed):
    token, _, _ = await delivered(signed)
    status, _, headers = await signed.ask(f"/digest/{token}")
    assert (status, headers["Location"]) == (308, f"{token}/")


async def test_foreign_old_and_guessed_links_answer_alike(signed):
    token, destination, number = await delivered(signed)
    signs = signed.tokens.sign
    bad = [
        "x",
        "a" * 40,
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        signs(Purpose.DIGEST, 99, MORNING),
        signs(Purpose.MANAGE, number, MORNING),
        signs(Purpose.DIGEST, number, MORNING - timedelta(days=5000)),
        Tokens(b"other" * 8).sign(Purpose.DIGEST, number, MORNING),
    ]
    pages = {await signed.get(f"/digest/{one}{path}") for one in bad for path in ("/", "/papers", "/dates")}
    async with signed.store.write() as tx:
        await tx.connection.execute(schema.delivery.delete().where(schema.delivery.c.id == number))
    pages.add(await signed.get(f"/digest/{token}/"))
    assert {status for status, _ in pages} == {404}
    assert len({plain(html) for _, html in pages}) == 1
    assert destination.id


async def test_the_link_of_a_digest_opens_no_mailbox_and_the_other_way_round(signed):
    token, destination, _ = await delivered(signed)
    assert (await signed.get(f"/mail/{token}"))[0] == 404
    assert (await signed.get(f"/digest/{signed.tokens.sign(Purpose.MANAGE, destination.id, MORNING)}/"))[0] == 404


async def test_a_digest_is_exactly_its_delivery_with_the_cap_marked(signed):
    token, _, _ = await delivered(signed, papers=7, cap=3)
    _, html = await signed.get(f"/digest/{token}/")
    before, _, after = html.partition('id="rest"')
    assert re.findall(r'<article id="([^"]+)"', before) == ["2606.90001", "2606.90002", "2606.90003"]
    assert re.findall(r'<article id="([^"]+)"', after) == [f"2606.9000{n}" for n in range(4, 8)]
    assert re.findall(r'class="n">(\d+)<', html) == list("1234567")
    said = plain(html)
    assert "7 papers. Your message showed the first 3; all are here." in said
    assert "Beyond the message: 4 more" in said
    assert "<q>“harbour”</q> in title" in html
    assert "because" not in said
    assert said.count("Your query cs.LG harbour") == 1


async def test_a_digest_says_what_has_become_of_its_papers(signed):
    token, _, _ = await delivered(signed)
    later = [
        paper(1, version=2, comments="This paper has been withdrawn by the author"),
        paper(2, version=2, categories=("stat.ML", "cs.LG")),
        paper(3, version=4),
    ]
    await announced(signed.store, *later, day=DAY + timedelta(days=1))
    _, html = await signed.get(f"/digest/{token}/?lang=en")
    facts = re.findall(r'<span( class="bad")?>([^<]*)</span>', html)
    assert [(bool(bad), said.rpartition(" · ")[2]) for bad, said in facts] == [
        (True, "withdrawn in version 2"),
        (False, "moved to stat.ML"),
        (False, "v4 has come since"),
        (False, "new"),
    ]


async def test_who_has_unsubscribed_has_the_papers_without_reasons(signed):
    token, destination, _ = await delivered(signed)
    async with signed.store.write() as tx:
        await tx.connection.execute(schema.subscription.delete())
        await tx.connection.execute(schema.query.delete())
    status, html = await signed.get(f"/digest/{token}/")
    assert status == 200
    assert html.count("<article") == 4
    assert "because" not in html
    assert destination.id


async def test_looking_changes_nothing(signed):
    token, _, _ = await delivered(signed)
    tables = [schema.subscription, schema.destination, schema.delivery, schema.part, schema.paper, schema.seen]
    before = [await rows(signed.store, table) for table in tables]
    for path in ("/", "/papers", "/search?q=harbour", "/dates", "/paper/2606.90001"):
        for method in ("GET", "HEAD"):
            async with signed.client.request(method, f"/digest/{token}{path}") as response:
                assert response.status == 200
        async with signed.client.post(f"/digest/{token}{path}", data={"do": "pause"}) as response:
            assert response.status == 405
    assert [await rows(signed.store, table) for table in tables] == before


async def test_scripts_are_ours_alone_and_pages_of_mailboxes_have_none(reader):
    _, html, headers = await reader.ask(f"/papers/{DAY}")
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert re.findall(r"<script[^>]*>", html) == [f'<script src="../list.js?{EDITION}" defer>']
    _, html, headers = await reader.ask("/")
    assert "script-src" not in headers["Content-Security-Policy"]
    assert "<script" not in html


async def test_a_page_that_is_known_is_not_sent_again(reader):
    _, _, headers = await reader.ask(f"/papers/{DAY}")
    assert headers["Cache-Control"] == "public, max-age=60"
    status, html, _ = await reader.ask(f"/papers/{DAY}", If_None_Match=headers["ETag"])
    assert (status, html) == (304, "")
    for other in (f'"x", {headers["ETag"]}', f"W/{headers['ETag']}"):
        assert (await reader.ask(f"/papers/{DAY}", If_None_Match=other))[0] == 304
    await announced(reader.store, paper(99), category="cs.CV")
    status, _, _ = await reader.ask(f"/papers/{DAY}", If_None_Match=headers["ETag"])
    assert status == 200


async def test_robots_are_sent_away(reader):
    assert (await reader.get("/robots.txt"))[1] == "User-agent: *\nDisallow: /\n"


PIECES = [
    *('"', "(", ")", "OR", "-", "cs.LG", "kv*", "潮汐", "\x00", "\ud7ff"),
    *("%", "&", "ti:", "~", "^", "😀", "<b>", "a" * 300),
]


def hostile(seed: int) -> tuple[str, dict[str, str]]:
    """A path that nobody should ask for, and headers."""
    rng = random.Random(seed)
    words = "".join(rng.choice(PIECES) + rng.choice(["", " "]) for _ in range(rng.randint(1, 12)))
    day = rng.choice(["2026-06-10", "2026-13-45", "0000-00-00", "9999-12-31", "x", "2026-6-1", "٢٠٢٦-٠٦-١٠"])
    path = rng.choice(
        [
            f"/papers/{quote(day)}?q={quote(words)}",
            f"/search?q={quote(words)}&before={quote(day)}",
            f"/search?q={quote(words)}&page={rng.choice(['2', '-1', '1e9', '٣', ''])}&open={rng.choice('01x')}",
            f"/papers?date={quote(day)}",
            f"/papers/2026-06-10?in={quote(words)}&in=cs.*&lang={quote(words[:9])}",
            f"/digest/{quote(words[:40], safe='')}/papers",
            f"/paper/{quote(words[:20], safe='')}",
            f"/feed.atom?q={quote(words)}",
            f"/dates?{quote(words)}={quote(words)}",
        ]
    )
    headers = {
        "Accept-Language": rng.choice(["zh", "*", ",,,;q=", "x" * 500, "zh-Hant-HK;q=x"]),
        "If-None-Match": rng.choice(['"x"', "*", "W/", ""]),
        "Accept-Encoding": rng.choice(["gzip", "identity", "br;q=nan", ""]),
    }
    return path, headers


async def test_whatever_is_asked_for_is_answered_without_a_fault(reader):
    seen = set()
    for seed in range(1000):
        path, headers = hostile(seed)
        async with reader.client.get(path, headers=headers, allow_redirects=False) as response:
            await response.read()
            seen.add(response.status)
            assert response.status < 500, path
    assert seen <= {200, 302, 304, 400, 404}
    assert {200, 400, 404} <= seen


async def test_a_notice_that_nothing_matched_links_to_the_day(signed):
    destination, _ = await subscribed(signed.store, "cs.LG quaternion")
    async with signed.store.write() as tx:
        await tx.subscribers.set_notices(destination.id, Notices.ALWAYS)
    await announced(signed.store, paper(1))
    signed.clock.now = NINE.next_after(MORNING)
    await plan(signed.store, signed.clock.now)
    channel = FakeChannel()
    composer = Composer(signed.store, cap=3, clock=signed.clock, links=signed.links)
    await Courier(signed.store, channel, composer, owner="one", clock=signed.clock).drain()
    (digest,) = channel.digests
    assert digest.no_papers is not None
    path = digest.link.removeprefix("https://sudi.test")
    assert path.endswith(f"/papers/{DAY}")
    assert ids(await signed.get(path)) == ["2606.90001"]
    assert (await signed.get(path.partition("papers/")[0]))[0] == 404
