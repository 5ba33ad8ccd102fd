"""How much of a day was read is said truly, whatever was read: the numbers add up, and nothing wrong is hidden."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import ALL, Coverage
from bot.presentation.coverage import coverage_lines, coverage_rows
from tests.channels.cards import DAY

NINE = date(2026, 6, 9)
SEEN = datetime(2026, 6, 10, 1, 7, tzinfo=UTC)


def confirmed(
    category: str, read: int, claimed: int | None = None, *, day: date = DAY, after: int = 0
) -> Coverage:
    at = SEEN + timedelta(minutes=after)
    return Coverage(category, day, read, read if claimed is None else claimed, "arxiv_listing", at)


def said(*rows: Coverage, locale: str = "en") -> tuple[str, ...]:
    lines = coverage_lines(rows, locale, "Asia/Shanghai")
    return (lines.line, *lines.differing)


def test_each_category_says_what_was_read_by_whose_count_and_when_by_the_readers_clock():
    assert said(confirmed("cs.LG", 138), confirmed("cs.CL", 96)) == (
        "cs.LG 138 of 138, cs.CL 96 of 96 (listing 09:07)",
    )
    assert said(confirmed("cs.LG", 138), confirmed("cs.CL", 96, after=2), locale="zh") == (
        "cs.LG 138/138，cs.CL 96/96（列表页 09:07–09:09）",
    )


def test_a_count_that_nobody_else_has_confirmed_claims_no_witness():
    assert said(Coverage(ALL, DAY, 2251, 2251)) == ("all categories 2251 of 2251",)
    assert said(Coverage(ALL, DAY, 2251, 2251), locale="zh") == ("全部分类 2251/2251",)
    assert said(Coverage("cs.CL", DAY, 96), confirmed("cs.LG", 138)) == (
        "cs.CL 96 (count not confirmed), cs.LG 138 of 138 (listing 09:07)",
    )


def test_nothing_read_is_nothing_said():
    assert said() == ("",)


def test_papers_that_could_not_be_read_are_counted_by_themselves():
    row = Coverage("cs.LG", DAY, 96, 97, "arxiv_listing", SEEN, unread=1)
    assert said(row, confirmed("cs.CL", 9)) == (
        "cs.CL 9 of 9 (listing 09:07)",
        "Missing: 10 June cs.LG, 1 of 97 unreadable (listing 09:07)",
    )
    assert said(row, locale="zh")[1] == "缺少：6 月 10 日 cs.LG，97 篇中有 1 篇无法读取（列表页 09:07）"
    missing = Coverage("cs.LG", DAY, 90, 97, "arxiv_listing", SEEN, unread=1)
    assert "counts differ" in said(missing)[1]


def test_what_differs_stands_by_itself():
    assert said(confirmed("cs.LG", 130, 138), Coverage("cs.CL", DAY, 9, 8)) == (
        "",
        "Missing: 10 June cs.LG, 130 of 138 read (counts differ; listing 09:07)",
        "Missing: 10 June cs.CL, 9 of 8 read (counts differ)",
    )
    assert said(confirmed("cs.LG", 130, 138), locale="zh")[1] == (
        "缺少：6 月 10 日 cs.LG，已读 130/138（数目不符；列表页 09:07）"
    )


def test_two_days_are_named_each_with_its_numbers():
    assert said(confirmed("cs.LG", 100, day=NINE), confirmed("cs.LG", 38)) == (
        "9 June: cs.LG 100 of 100 (listing 09:07); 10 June: cs.LG 38 of 38 (listing 09:07)",
    )
    assert said(confirmed("cs.LG", 99, 100, day=NINE), confirmed("cs.LG", 38))[0] == (
        "10 June: cs.LG 38 of 38 (listing 09:07)"
    )


def test_many_days_are_added_up_but_never_hide_a_difference():
    rows = [confirmed("cs.LG", 100, day=DAY - timedelta(days=n)) for n in range(30)]
    assert said(*rows, confirmed("cs.LG", 5, 6, day=DAY - timedelta(days=30))) == (
        "12 May to 10 June: cs.LG 3000 of 3000 (listing)",
        "Missing: 11 May cs.LG, 5 of 6 read (counts differ; listing 09:07)",
    )


def test_many_categories_are_summed_up_with_their_numbers():
    rows = [Coverage(f"x.{n}", DAY, n, n) for n in range(1, 9)] + [Coverage(f"y.{n}", DAY, 1) for n in range(3)]
    assert said(*rows) == (
        "x.1 1 of 1, x.2 2 of 2, x.3 3 of 3, x.4 4 of 4, x.5 5 of 5, "
        "and 3 more categories 21 of 21, and 3 more categories 3 (counts not confirmed)",
    )
    wrong = [Coverage(f"z.{n}", DAY, 1, 2) for n in range(8)]
    assert said(*wrong)[-1] == "Missing: 3 more categories and days, 3 of 6 read (counts differ)"


def test_the_report_has_a_line_for_each_category_and_day():
    rows = [confirmed("cs.LG", 38), Coverage("cs.CL", DAY, 96), confirmed("cs.LG", 99, 100, day=NINE)]
    assert coverage_rows(rows, "en", "Asia/Shanghai") == [
        "Missing: 9 June cs.LG, 99 of 100 read (counts differ; listing 09:07)",
        "10 June cs.CL 96 (count not confirmed)",
        "10 June cs.LG 38 of 38 (listing 09:07)",
    ]


ROWS = st.lists(
    st.builds(
        Coverage,
        st.sampled_from([f"{archive}.{letter}" for archive in ("cs", "math") for letter in "ABCDEFGH"]),
        st.integers(0, 40).map(lambda ago: DAY - timedelta(days=ago)),
        st.integers(0, 500),
        st.none() | st.integers(0, 500),
        st.sampled_from(["", "arxiv_listing", "arxiv_feed"]),
        st.none() | st.just(SEEN),
    ),
    max_size=60,
    unique_by=lambda row: (row.category, row.date),
)


@pytest.mark.parametrize("locale", ["en", "zh"])
@given(rows=ROWS)
def test_for_any_days_the_numbers_sum_to_what_was_read_and_claimed(locale: str, rows: list[Coverage]):
    line, *differing = said(*rows, locale=locale)
    for is_right, shown in ((True, [line]), (False, differing)):
        text = " ".join(shown)
        mine = [row for row in rows if (row.is_complete is not False) == is_right]
        pairs = [(int(a), int(b)) for a, b in re.findall(r"(\d+)(?: of |/)(\d+)", text)]
        claimed = [row for row in mine if row.claimed is not None]
        assert sum(a for a, _ in pairs) == sum(row.read for row in claimed)
        assert sum(b for _, b in pairs) == sum(row.claimed or 0 for row in claimed)
        alone = re.findall(r"(\d+)(?: \(counts? not confirmed\)|（总数未确认）)", text)
        assert sum(map(int, alone)) == sum(row.read for row in mine if row.claimed is None)
    assert all(one.startswith(("Missing: ", "缺少：")) for one in differing)
    assert bool(differing) == any(row.is_complete is False for row in rows)
