"""The one way out: paced, alone, and in plain words when it fails. Against a real server on a loopback port."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import PackageNotFoundError
from itertools import pairwise
from pathlib import Path

import httpx2 as httpx
import pytest

from bot.errors import SourceError
from bot.model import Validator
from bot.settings import Settings
from bot.sources.client import (
    COOL_DOWN,
    LEASE,
    LONGEST_COOL_DOWN,
    PAGE_SPACING,
    SPACING,
    Lease,
    Limits,
    LocalPacer,
    PoliteClient,
    user_agent,
)
from tests.counterparts.arxiv_site import Answer, ArxivSite
from tests.sources.conftest import Clock


@pytest.fixture
async def site():
    async with ArxivSite() as site:
        site.pages["/rss/cs.LG"] = b"<rss/>"
        site.pages["/rss/cs.CL"] = b"<rss> </rss>"
        yield site


async def refused(client: PoliteClient, url: str, category: str = "cs.LG") -> SourceError:
    with pytest.raises(SourceError) as caught:
        await client.get(category, url)
    assert caught.value.category == category
    return caught.value


def mocked(clock: Clock, handler, **options) -> PoliteClient:
    transport = httpx.MockTransport(handler)
    return PoliteClient(LocalPacer(clock.now), transport=transport, now=clock.now, sleep=clock.sleep, **options)


async def test_a_page_comes_with_its_validator_and_is_not_sent_again_while_unchanged(client, site):
    url = f"{site.url}/rss/cs.LG"
    page = await client.get("cs.LG", url)
    assert (page.status, page.body) == (200, b"<rss/>")
    assert page.validator.url == url
    assert await client.get("cs.LG", url, page.validator) is None
    site.pages["/rss/cs.LG"] = b"<rss>new</rss>"
    assert (await client.get("cs.LG", url, page.validator)).body == b"<rss>new</rss>"


async def test_a_validator_of_another_address_is_not_sent(client, site):
    known = Validator("https://elsewhere.example/rss", etag='"x"', last_modified="Wed, 10 Jun 2026 04:00:00 GMT")
    assert await client.get("cs.LG", f"{site.url}/rss/cs.LG", known) is not None
    assert "if-none-match" not in site.requests[0].headers
    assert "if-modified-since" not in site.requests[0].headers


async def test_both_validators_are_sent_when_they_are_known(client, site):
    url = f"{site.url}/rss/cs.LG"
    await client.get("cs.LG", url, Validator(url, '"x"', "Wed, 10 Jun 2026 04:00:00 GMT"))
    assert site.requests[0].headers["if-none-match"] == '"x"'
    assert site.requests[0].headers["if-modified-since"] == "Wed, 10 Jun 2026 04:00:00 GMT"


async def test_requests_say_who_asks_and_what_they_read(clock, site):
    client = PoliteClient(
        LocalPacer(clock.now),
        contact="me@example.org",
        transport=httpx.AsyncHTTPTransport(),
        now=clock.now,
        sleep=clock.sleep,
    )
    await client.get("cs.LG", f"{site.url}/rss/cs.LG")
    headers = site.requests[0].headers
    assert headers["user-agent"].startswith("Sudi/")
    assert headers["user-agent"].endswith("(mailto:me@example.org)")
    assert headers["accept"].startswith("application/rss+xml, application/atom+xml;q=0.9")
    await client.close()


def test_a_contact_of_any_script_makes_a_header_that_can_be_sent():
    assert user_agent("速递@example.org").isascii()
    assert "mailto" not in user_agent("")


def test_a_checkout_that_was_never_installed_has_a_name_too(monkeypatch):
    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("bot.sources.client.version", unknown)
    assert user_agent("me@example.org") == "Sudi (mailto:me@example.org)"


async def test_the_client_of_the_settings_names_the_contact(site):
    client = PoliteClient.create(Settings(bot_contact="me@example.org"))
    await client.get("cs.LG", f"{site.url}/rss/cs.LG")
    assert site.requests[0].headers["user-agent"].endswith("(mailto:me@example.org)")
    await client.close()


async def test_requests_are_three_seconds_apart_and_never_two_at_once(client, site, clock):
    at = []

    async def ask(category: str) -> None:
        await client.get(category, f"{site.url}/rss/{category}")
        at.append(clock.time)

    await asyncio.gather(*(ask(category) for category in ("cs.LG", "cs.CL", "cs.LG", "cs.CL", "cs.LG")))
    assert all(later - earlier >= SPACING for earlier, later in pairwise(at))
    assert len(at) == len(site.requests) == 5
    assert site.most_at_once == 1


async def test_spacing_counts_from_the_end_of_a_slow_answer(clock):
    starts, ends = [], []

    async def slow(request):
        starts.append(clock.time)
        clock.time += timedelta(seconds=10)
        ends.append(clock.time)
        return httpx.Response(200, stream=httpx.ByteStream(b"x"))

    client = mocked(clock, slow)
    await client.get("cs.LG", "https://rss.arxiv.org/rss/cs.LG")
    await client.get("cs.CL", "https://rss.arxiv.org/rss/cs.CL")
    assert starts[1] - ends[0] >= SPACING
    await client.close()


async def test_two_clients_of_one_pacer_share_the_pace(clock, pacer, site):
    def another() -> PoliteClient:
        return PoliteClient(pacer, transport=httpx.AsyncHTTPTransport(), now=clock.now, sleep=clock.sleep)

    first, second = another(), another()
    started = clock.time
    for client in (first, second, first, second):
        await client.get("cs.LG", f"{site.url}/rss/cs.LG")
    assert clock.time - started >= 3 * SPACING
    await first.close()
    await second.close()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refusal_with_seconds_holds_everybody(client, site, clock, pacer, status):
    site.next("/rss/cs.LG", Answer(status, headers={"Retry-After": "90"}))
    started = clock.time
    error = await refused(client, f"{site.url}/rss/cs.LG")
    assert error.retry_after == timedelta(seconds=90)
    assert str(status) in error.reason
    neighbour = PoliteClient(pacer, transport=httpx.AsyncHTTPTransport(), now=clock.now, sleep=clock.sleep)
    await neighbour.get("cs.CL", f"{site.url}/rss/cs.CL")
    assert clock.time - started >= timedelta(seconds=90)
    await neighbour.close()


async def test_a_refusal_may_name_a_date(client, site, clock):
    until = clock.time + timedelta(minutes=30)
    site.next("/rss/cs.LG", Answer(503, headers={"Retry-After": format_datetime(until, usegmt=True)}))
    assert (await refused(client, f"{site.url}/rss/cs.LG")).retry_after == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", COOL_DOWN),
        ("soon", COOL_DOWN),
        ("Wed, 99 Jun 2026 00:00:00 GMT", COOL_DOWN),
        ("-5", COOL_DOWN),
        ("0", SPACING),
        ("Wed, 10 Jun 2020 00:00:00 GMT", SPACING),
        ("9" * 5000, LONGEST_COOL_DOWN),
        ("Wed, 10 Jun 9020 00:00:00 GMT", LONGEST_COOL_DOWN),
    ],
)
async def test_a_refusal_that_names_no_sensible_time_gets_a_sensible_one(clock, header, expected):
    headers = {"Retry-After": header} if header else {}
    client = mocked(clock, lambda request: httpx.Response(429, headers=headers))
    assert (await refused(client, "https://rss.arxiv.org/rss/cs.LG")).retry_after == expected
    await client.close()


async def test_a_turn_that_is_far_away_is_an_error_at_once_and_not_a_long_wait(client, site, clock):
    site.next("/rss/cs.LG", Answer(429, headers={"Retry-After": "3600"}))
    await refused(client, f"{site.url}/rss/cs.LG")
    before = clock.time
    error = await refused(client, f"{site.url}/rss/cs.CL", "cs.CL")
    assert error.retry_after is not None
    assert error.retry_after > timedelta(minutes=59)
    assert clock.time - before <= SPACING
    assert len(site.requests) == 1


async def test_rate_exceeded_in_plain_text_is_a_refusal_whatever_the_status(client, site):
    site.next("/rss/cs.LG", Answer(200, b"Rate exceeded."))
    assert (await refused(client, f"{site.url}/rss/cs.LG")).retry_after == COOL_DOWN


async def test_arxivs_hosts_share_one_pace_and_other_hosts_do_not_suffer_with_them(clock):
    def answer(request):
        busy = request.url.host == "export.arxiv.org"
        return httpx.Response(429 if busy else 200, headers={"Retry-After": "100"}, stream=httpx.ByteStream(b"x"))

    client = mocked(clock, answer)
    started = clock.time
    await refused(client, "https://export.arxiv.org/rss/cs.LG")
    await client.get("all", "https://pages.example/day.txt")
    assert clock.time - started < timedelta(seconds=10)
    await client.get("cs.LG", "https://rss.arxiv.org/rss/cs.LG")
    assert clock.time - started >= timedelta(seconds=100)
    await client.close()


async def test_the_body_of_a_bad_request_reaches_the_parser(client, site):
    page = await client.get("cs.XX", f"{site.url}/rss/cs.XX")
    assert page.status == 400
    assert b"Feed error for query" in page.body


@pytest.mark.parametrize(
    ("status", "advice"),
    [(500, "try again later"), (404, "check the address"), (403, "BOT_CONTACT"), (418, "browser")],
)
async def test_other_statuses_are_named_with_what_to_do(client, site, status, advice):
    site.next("/rss/cs.LG", Answer(status, b"<html>" * 100))
    reason = (await refused(client, f"{site.url}/rss/cs.LG")).reason
    assert f"HTTP {status}" in reason
    assert advice in reason


async def test_not_modified_without_having_asked_is_an_error(client, site):
    site.next("/rss/cs.LG", Answer(304))
    assert "304" in (await refused(client, f"{site.url}/rss/cs.LG")).reason


async def test_a_dropped_connection_is_an_error_and_the_next_request_works(client, site):
    site.next("/rss/cs.LG", Answer(200, b"<rss>" * 1000, drop=True))
    error = await refused(client, f"{site.url}/rss/cs.LG")
    assert "dropped the connection" in error.reason
    assert isinstance(error.__cause__, httpx.HTTPError)
    assert (await client.get("cs.LG", f"{site.url}/rss/cs.LG")).body == b"<rss/>"


async def test_an_answer_that_never_ends_is_given_up(clock, pacer, site):
    client = PoliteClient(
        pacer,
        transport=httpx.AsyncHTTPTransport(),
        now=clock.now,
        sleep=clock.sleep,
        limits=Limits(time=timedelta(seconds=0.2)),
    )
    site.next("/rss/cs.LG", Answer(200, b"x", delay=0.6))
    assert "in time" in (await refused(client, f"{site.url}/rss/cs.LG")).reason
    await client.close()


async def test_a_page_over_the_limit_is_refused_while_it_comes(clock, pacer, site):
    client = PoliteClient(
        pacer, transport=httpx.AsyncHTTPTransport(), now=clock.now, sleep=clock.sleep, limits=Limits(bytes=10_000)
    )
    site.next("/rss/cs.LG", Answer(200, b"x" * 2_000_000))
    assert "larger than 10,000 bytes" in (await refused(client, f"{site.url}/rss/cs.LG")).reason
    await client.close()


async def test_a_host_that_does_not_listen_is_named(client, site):
    port = int(site.url.rpartition(":")[2])
    async with ArxivSite() as other:
        closed = other.url
    assert closed != f"http://127.0.0.1:{port}"
    reason = (await refused(client, f"{closed}/rss/cs.LG")).reason
    assert "127.0.0.1 cannot be reached" in reason


async def test_a_server_that_hangs_up_at_once_is_an_error(client):
    async def hang_up(reader, writer):
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert "dropped the connection" in (await refused(client, f"http://127.0.0.1:{port}/rss")).reason


@pytest.mark.parametrize(
    "failure", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ProxyError, httpx.DecodingError]
)
async def test_every_failure_of_the_network_has_words(clock, failure):
    def fail(request):
        raise failure("from the depths")

    client = mocked(clock, fail)
    assert "rss.arxiv.org" in (await refused(client, "https://rss.arxiv.org/rss/cs.LG")).reason
    await client.close()


@pytest.mark.parametrize("url", ["http://", "https://[half", "https:///rss/cs.LG", "http://exa mple/\x00"])
async def test_an_address_that_is_none_is_an_error(client, url):
    assert (await refused(client, url)).reason == f"{url} is no address that can be fetched"


async def test_redirects_stay_with_arxiv_and_are_paced_too(clock):
    seen = []

    def move(request):
        seen.append((str(request.url), clock.time))
        if request.url.host == "arxiv.org":
            return httpx.Response(301, headers={"Location": "https://rss.arxiv.org/rss/cs.LG"})
        return httpx.Response(200, stream=httpx.ByteStream(b"x"))

    client = mocked(clock, move)
    page = await client.get("cs.LG", "https://arxiv.org/rss/cs.LG")
    assert page is not None
    assert page.url == "https://arxiv.org/rss/cs.LG"
    assert seen[1][1] - seen[0][1] >= SPACING
    await client.close()


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/rss",
        "http://rss.arxiv.org/rss/cs.LG",
        "https://notarxiv.org/",
        "file:///etc/passwd",
        "http://[",
    ],
)
async def test_redirects_to_elsewhere_or_to_plain_http_are_refused(clock, location):
    asked = []

    def move(request):
        asked.append(request.url)
        return httpx.Response(302, headers={"Location": location})

    client = mocked(clock, move)
    await refused(client, "https://rss.arxiv.org/rss/cs.LG")
    assert len(asked) == 1
    await client.close()


async def test_a_circle_of_redirects_ends(clock):
    asked = []

    def move(request):
        asked.append(request.url)
        return httpx.Response(302, headers={"Location": str(request.url)})

    client = mocked(clock, move)
    assert "redirects more than 3 times" in (await refused(client, "https://rss.arxiv.org/a")).reason
    assert len(asked) == 4
    await client.close()


async def test_a_validator_that_cannot_be_sent_back_is_not_kept(clock):
    client = mocked(
        clock,
        lambda request: httpx.Response(200, headers=[(b"ETag", '"é"'.encode())], stream=httpx.ByteStream(b"x")),
    )
    page = await client.get("cs.LG", "https://rss.arxiv.org/rss/cs.LG")
    assert page is not None
    assert page.validator is None
    await client.close()


async def test_paths_and_file_urls_are_read_without_waiting(client, tmp_path: Path, clock):
    page = tmp_path / "a page.xml"
    page.write_bytes(b"<rss/>")
    for location in (str(page), page.as_uri()):
        for _ in range(3):
            assert (await client.get("cs.LG", location)).body == b"<rss/>"
    assert clock.sleeps == []


async def test_a_file_that_is_missing_too_large_or_no_file_is_an_error_with_its_path(clock, tmp_path: Path):
    client = mocked(clock, lambda request: httpx.Response(500), limits=Limits(bytes=10))
    (tmp_path / "large").write_bytes(b"x" * 11)
    for name in ("missing", "large", ""):
        assert str(tmp_path / name) in (await refused(client, str(tmp_path / name))).reason
    await refused(client, "ftp://example.org/feed")
    await refused(client, "null\x00byte")
    await client.close()


async def test_the_local_pacer_keeps_the_later_of_two_holds(clock):
    pacer = LocalPacer(clock.now)
    far, near = clock.time + timedelta(hours=1), clock.time + timedelta(minutes=1)
    await pacer.hold("arxiv.org", far)
    await pacer.hold("arxiv.org", near)
    assert await pacer.take("arxiv.org", LEASE) == Lease(False, far)
    assert (await pacer.take("elsewhere", LEASE)).is_ours


async def test_the_local_pacer_has_a_clock_of_its_own():
    before = datetime.now(UTC)
    turn = await LocalPacer().take("arxiv.org", LEASE)
    assert turn.is_ours
    assert before + LEASE <= turn.until <= datetime.now(UTC) + LEASE


async def test_pages_are_fifteen_seconds_from_whatever_comes_next(client, site, clock):
    await client.get("cs.LG", f"{site.url}/rss/cs.LG", every=PAGE_SPACING)
    before = clock.time
    await client.get("cs.LG", f"{site.url}/rss/cs.LG")
    assert clock.time - before >= PAGE_SPACING
    before = clock.time
    await client.get("cs.LG", f"{site.url}/rss/cs.LG", every=PAGE_SPACING)
    assert SPACING <= clock.time - before < PAGE_SPACING


async def test_nobody_asks_while_another_process_waits_for_its_answer(clock, pacer):
    """Two processes: the second one's turn would have come while the first one's slow answer is under way."""
    under_way = asyncio.Event()
    answered = asyncio.Event()
    busy = 0

    async def slow(request):
        nonlocal busy
        busy += 1
        assert busy == 1
        under_way.set()
        await answered.wait()
        busy -= 1
        return httpx.Response(200, stream=httpx.ByteStream(b"x"))

    async def nap(seconds: float) -> None:
        await clock.sleep(seconds)
        if clock.time > started + timedelta(seconds=40):
            answered.set()
        await asyncio.sleep(0.001)

    started = clock.time
    clients = [
        PoliteClient(pacer, transport=httpx.MockTransport(slow), now=clock.now, sleep=nap) for _ in range(2)
    ]
    first = asyncio.create_task(clients[0].get("cs.LG", "https://rss.arxiv.org/rss/cs.LG"))
    await under_way.wait()
    assert await clients[1].get("cs.CL", "https://rss.arxiv.org/rss/cs.CL") is not None
    assert await first is not None
    assert clock.time - started >= timedelta(seconds=40)
    for client in clients:
        await client.close()


async def test_who_waits_for_a_turn_does_not_go_after_another_process_was_refused(clock, pacer):
    """The race of booked turns: while one process waits, another is told to wait an hour."""
    asked = []

    async def nap(seconds: float) -> None:
        await pacer.hold("arxiv.org", clock.time + timedelta(hours=1))  # the other process, just now
        await clock.sleep(seconds)

    def answer(request):
        asked.append(request.url)
        return httpx.Response(200, stream=httpx.ByteStream(b"x"))

    client = PoliteClient(pacer, transport=httpx.MockTransport(answer), now=clock.now, sleep=nap)
    await client.get("cs.LG", "https://rss.arxiv.org/rss/cs.LG")
    error = await refused(client, "https://rss.arxiv.org/rss/cs.CL", "cs.CL")
    assert error.retry_after is not None
    assert error.retry_after > timedelta(minutes=59)
    assert len(asked) == 1
    await client.close()


async def test_the_turn_of_a_process_that_died_comes_back_by_itself(clock, pacer, site):
    assert (await pacer.take("127.0.0.1", LEASE)).is_ours
    started = clock.time
    client = PoliteClient(pacer, transport=httpx.AsyncHTTPTransport(), now=clock.now, sleep=clock.sleep)
    assert await client.get("cs.LG", f"{site.url}/rss/cs.LG") is not None
    assert clock.time - started == LEASE
    await client.close()
