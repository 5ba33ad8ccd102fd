"""Where there are no papers, a page says why, and leads on."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.digest import Lack
from tests.fakes import DAY, MORNING, paper
from tests.web.room.conftest import TUESDAY, announced, plain


async def test_before_the_first_reading_the_next_announcement_is_named(opened):
    one = await opened(bot_timezone="Europe/Berlin")
    status, html = await one.get("/papers")
    assert status == 200
    assert "No papers yet" in html
    assert "The first announcement is expected on Thu 11 June, about 02:05 (Europe/Berlin)." in plain(html)
    for path in ("/dates", "/search?q=harbour", f"/papers/{DAY}"):
        assert (await one.get(path))[0] == 200
    assert "还没有论文" in (await one.get("/papers?lang=zh"))[1]


@pytest.mark.parametrize(
    ("day", "now", "status", "said"),
    [
        (date(2026, 6, 11), MORNING, 200, "arXiv hasn’t posted 11 June yet"),
        (date(2026, 6, 11), datetime(2026, 6, 11, 6, tzinfo=UTC), 200, "arXiv hasn’t posted 11 June yet"),
        (
            date(2026, 6, 7),
            MORNING,
            200,
            "No announcement on Sunday, 7 June",
        ),
        (date(2026, 6, 5), MORNING, 200, "5 June was not read here"),
        (date(2026, 6, 4), MORNING, 200, "4 June 2026"),
        (
            date(2026, 5, 1),
            MORNING,
            404,
            "from Thursday, 4 June 2026 to Wednesday, 10 June 2026.",
        ),
        (date(2026, 7, 1), MORNING, 404, "This date is not kept"),
    ],
)
async def test_a_date_without_papers_says_why(reader, day, now, status, said):
    await announced(reader.store, paper(200), day=date(2026, 6, 4))
    reader.clock.now = now
    found, html = await reader.get(f"/papers/{day}")
    assert found == status
    assert said in plain(html)


async def test_a_holiday_leads_to_the_dates_around_it(opened):
    one = await opened(bot_arxiv_holidays=(TUESDAY - timedelta(days=1),))
    await announced(one.store, paper(1), day=DAY)
    await announced(one.store, paper(2), day=DAY - timedelta(days=2))
    status, html = await one.get(f"/papers/{TUESDAY}")
    assert status == 200
    assert "arXiv rests on a holiday." in html
    assert re.findall(r'href="(2026[^"]+|\.\./papers/[^"]+)"', html) == [
        f"../papers/{DAY - timedelta(days=2)}",
        f"../papers/{DAY}",
    ]


async def test_dates_lead_to_one_another_past_what_is_missing(reader):
    await announced(reader.store, paper(200), day=date(2026, 6, 4))
    _, html = await reader.get(f"/papers/{TUESDAY}?in=cs.LG")
    assert 'href="../papers/2026-06-04?in=cs.LG" rel="prev"' in html
    assert 'href="../papers/2026-06-10?in=cs.LG" rel="next"' in html


async def test_the_field_for_dates_leads_to_a_date(reader):
    status, _, headers = await reader.ask("/papers?date=2026-06-09&lang=zh")
    assert (status, headers["Location"]) == (302, "papers/2026-06-09?lang=zh")
    assert (await reader.get("/papers?date=yesterday"))[0] == 404


async def test_a_fault_says_what_is_missing_and_that_the_count_grows(reader):
    async with reader.store.write() as tx:
        await tx.faults.open("arxiv_listing", "math.AG", DAY, "arXiv did not answer", MORNING)
    _, html = await reader.get(f"/papers/{DAY}")
    said = plain(html)
    assert "60 papers so far" in said
    assert "math.AG" in said
    assert "arXiv did not answer" in said
    assert 'class="small bad"' in html
    _, dates = await reader.get("/dates")
    assert "math.AG could not be read yet" in plain(dates)


async def test_a_category_that_is_not_read_says_how_to_have_it_read(reader):
    _, html = await reader.get(f"/papers/{DAY}?in=econ.TH")
    assert "econ.TH is not read here: 1 of 149 categories are. Subscribing to it starts it." in plain(html)


async def test_what_matches_nothing_says_which_part_is_to_blame(reader):
    status, html = await reader.get(f'/papers/{DAY}?q=cs.LG "sparse attention" quaternion')
    assert status == 200
    said = plain(html)
    assert "No paper matches." in said
    assert 'cs.LG: 60; "sparse attention": 60; quaternion: none.' in said
    assert "Reset" in said
    (nearest,) = re.findall(r'<a href="([^"]+)">60 papers without quaternion', html)
    assert len(await reader.ids(f"/papers/{DAY}{nearest.replace('&amp;', '&')}")) == 50
    _, html = await reader.get(f"/papers/{DAY}?q=quaternion&in=stat.ML")
    assert "20 papers without quaternion" in plain(html)
    assert "papers without" not in plain((await reader.get(f"/papers/{DAY}?q=quaternion axion"))[1])


async def test_a_query_that_cannot_be_read_is_kept_and_explained(reader):
    for path in (f"/papers/{DAY}", "/search"):
        status, html = await reader.get(f'{path}?q=cs.LG ("kv cache"')
        assert status == 400
        assert "A bracket is opened and not closed" in html
        assert 'value="cs.LG (&#34;kv cache&#34;"' in html
        assert 'aria-invalid="true"' in html
    status, html = await reader.get(f"/papers/{DAY}?in=cs.XX&lang=zh")
    assert status == 400
    assert "cs.XX" in html


async def test_beyond_the_last_page_there_is_none(reader):
    for page in ("3", "0", "-1", "x", "9" * 30):
        status, html = await reader.get(f"/papers/{DAY}?page={page}")
        assert status == 404
        assert "There are 2 pages." in html


@pytest.mark.parametrize(
    ("lack", "said"),
    [
        (Lack.SETUP, "No Chinese texts are made here"),
        (Lack.BUDGET, "the day’s budget is used up"),
        (Lack.LATE, "it is made for papers that somebody subscribes to"),
    ],
)
async def test_a_date_without_chinese_says_why(opened, lack, said):
    one = await opened(lack=lack)
    await announced(one.store, paper(1))
    assert said in (await one.get(f"/papers/{DAY}"))[1]
    assert "No Chinese" not in (await one.get(f"/papers/{DAY}?lang=en"))[1]


async def test_dates_have_a_line_each(reader):
    await announced(reader.store, paper(200), day=date(2026, 6, 4))
    _, html = await reader.get("/dates")
    rows = [plain(row) for row in re.findall(r"<tr>(.*?)</tr>", html)][1:]
    assert rows == [
        "Wed 10 June 60 1 / 149 5",
        "Tue 9 June 1 1 / 149",
        "Mon 8 June Nobody had subscribed yet, or arXiv could not be reached.",
        "6 to 7 June arXiv announces nothing on weekends.",
        "Fri 5 June Nobody had subscribed yet, or arXiv could not be reached.",
        "Thu 4 June 1 1 / 149",
    ]


async def test_a_search_looks_at_five_dates_and_says_how_to_go_on(reader):
    for n in range(1, 8):
        await announced(reader.store, paper(300 + n, title="Old Tide"), day=date(2026, 5, 25) + timedelta(days=n))
    status, html = await reader.get("/search?q=title:harbour&lang=en")
    assert status == 200
    said = plain(html)
    assert "61 papers, 28 May to 10 June" not in said
    assert "61 papers" in said
    assert len(re.findall(r'<h2><a href="./papers/', html)) == 1  # a page has 50 of the newest date
    (more,) = re.findall(r'href="(\?[^"]*before=[^"]+)"', html)
    assert more == "?q=title%3Aharbour&amp;lang=en&amp;before=2026-05-30"
    status, html = await reader.get(f"/search{more.replace('&amp;', '&')}")
    assert status == 200
    assert "No paper matches." in html


async def test_the_pages_of_an_older_search_are_of_the_same_dates(reader):
    await announced(reader.store, *(paper(n) for n in range(400, 460)), day=date(2026, 5, 20))
    _, html = await reader.get("/search?q=harbour&before=2026-06-01")
    (following,) = set(re.findall(r'href="([^"]+)" rel="next"', html))
    assert await reader.ids("/search" + following.replace("&amp;", "&")) == [
        f"2606.9{n:04}" for n in range(450, 460)
    ]


async def test_what_is_found_can_be_had_every_day(opened):
    one = await opened(smtp_from="Sudi <papers@sudi.test>", imap_url="imaps://x")
    await announced(one.store, paper(1))
    _, html = await one.get(f'/papers/{DAY}?q="sparse attention"&in=cs.LG')
    assert "/papers subscribe cs.LG &#34;sparse attention&#34;" in html
    assert 'href="mailto:papers@sudi.test?subject=subscribe%20cs.LG%20%22sparse%20attention%22"' in html
    assert "feed.atom?q=%22sparse+attention%22&amp;in=cs.LG" in html
    assert "a day" not in plain(html)
    assert "About 1 paper a day" in plain((await one.get("/search?q=cs.LG harbour&lang=en"))[1])
