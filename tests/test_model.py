"""A slot is due once in each of its days, whatever the clocks of its zone do."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import AnnounceType, Days, Paper, Slot

ZONES = (
    "Africa/Cairo",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Kathmandu",  # changes nothing, and is at +05:45
    "Asia/Shanghai",
    "Australia/Lord_Howe",  # changes by half an hour
    "Europe/Berlin",
    "Pacific/Apia",
)
YEAR = 2027
QUARTERS = range(0, 24 * 60, 15)


@cache
def wall_clock(name: str) -> list[tuple[datetime, datetime]]:
    """Each quarter-hour of UTC around a year, with what the clock on the wall shows at it.

    All zones here are whole quarters away from UTC and change at whole quarters.
    """
    zone = ZoneInfo(name)
    start = datetime(YEAR, 1, 1, tzinfo=UTC) - timedelta(days=3)
    instants = [start + timedelta(minutes=15 * step) for step in range(372 * 96)]
    return [(instant, instant.astimezone(zone).replace(tzinfo=None)) for instant in instants]


@cache
def due_by_walking(name: str) -> dict[datetime, datetime]:
    """The oracle: walk over the year and write down when the wall shows each quarter for the first time.

    Quarters that the wall jumps over come when it would have shown them, had it not jumped.
    """
    due: dict[datetime, datetime] = {}
    quarter = timedelta(minutes=15)
    steps = wall_clock(name)
    for (_, before), (instant, shown) in pairwise(steps):
        late = instant
        skipped = before + quarter
        while skipped < shown:
            due.setdefault(skipped, late)
            skipped, late = skipped + quarter, late + quarter
        due.setdefault(shown, instant)
    return due


@cache
def changes(name: str) -> list[date]:
    """The local days of a year on which the clock is changed."""
    zone = ZoneInfo(name)
    noons = [datetime(YEAR, 1, 1, 12, tzinfo=zone) + timedelta(days=day) for day in range(365)]
    return [later.date() for earlier, later in pairwise(noons) if earlier.utcoffset() != later.utcoffset()]


def runs(slot: Slot, start: datetime, end: datetime) -> list[datetime]:
    """What a scheduler does: each run plans the next one."""
    found = []
    while (start := slot.next_after(start)) < end:
        found.append(start)
    return found


@pytest.mark.parametrize("name", ZONES)
def test_every_quarter_hour_is_due_once_in_every_local_day_around_both_clock_changes(name):
    due = due_by_walking(name)
    centres = changes(name) or [date(YEAR, 3, 14), date(YEAR, 10, 31)]
    assert len(centres) == 2
    for centre in centres:
        days = [centre + timedelta(days=ahead) for ahead in range(-3, 4)]
        for minute in QUARTERS:
            walls = [datetime(day.year, day.month, day.day, minute // 60, minute % 60) for day in days]  # noqa: DTZ001
            expected = [due[wall] for wall in walls]
            before = due[walls[0] - timedelta(days=1)]
            after = due[walls[-1] + timedelta(days=1)]
            assert runs(Slot(name, minute, Days.DAILY), before, after) == expected, f"{minute=}"


def test_the_oracle_knows_two_clock_changes_that_anybody_can_look_up():
    new_york = due_by_walking("America/New_York")
    assert new_york[datetime(2027, 3, 14, 2, 30)] == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)  # noqa: DTZ001
    assert new_york[datetime(2027, 11, 7, 1, 30)] == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)  # noqa: DTZ001


def test_a_time_that_the_clock_skips_comes_as_much_later_as_it_skips():
    slot = Slot("America/New_York", 2 * 60 + 30, Days.DAILY)
    due = slot.next_after(datetime(2027, 3, 14, 0, 0, tzinfo=ZoneInfo("America/New_York")))
    assert due.astimezone(ZoneInfo("America/New_York")).strftime("%d %H:%M") == "14 03:30"


def test_a_time_that_the_clock_repeats_comes_the_first_time_only():
    slot = Slot("Europe/Berlin", 2 * 60 + 30, Days.DAILY)
    first = slot.next_after(datetime(2027, 10, 30, 22, 0, tzinfo=UTC))
    assert first == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert slot.next_after(first) == datetime(2027, 11, 1, 1, 30, tzinfo=UTC)


def test_the_monday_after_the_clocks_go_forward_is_not_lost():
    slot = Slot("America/New_York", 30)
    friday = datetime(2027, 3, 12, 5, 30, tzinfo=UTC)
    assert slot.next_after(friday) == datetime(2027, 3, 15, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (Days.WEEKDAYS, {1, 2, 3, 4, 5}),
        (Days.WEEKLY, {1}),
        (Days("4,2"), {2, 4}),
        (Days.DAILY, set(range(1, 8))),
    ],
)
def test_a_year_of_runs_falls_on_the_days_of_the_slot_each_of_them_once(name, days, expected):
    zone = ZoneInfo(name)
    start = datetime(YEAR, 1, 1, tzinfo=zone)
    found = [
        run.astimezone(zone).date() for run in runs(Slot(name, 9 * 60, days), start, start.replace(year=YEAR + 1))
    ]
    every = [date(YEAR, 1, 1) + timedelta(days=day) for day in range(365)]
    assert found == [day for day in every if day.isoweekday() in expected]


@given(
    name=st.sampled_from(ZONES),
    minute=st.integers(0, 1439),
    days=st.sets(st.integers(1, 7), min_size=1).map(Days.on),
    start=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    outage=st.integers(0, 60 * 24 * 60),
)
def test_an_outage_of_any_length_ends_in_one_run_and_then_all_is_as_if_nothing_had_happened(
    name, minute, days, start, outage
):
    slot = Slot(name, minute, days)
    planned = slot.next_after(start)
    back = planned + timedelta(minutes=outage)  # the process was dead when it was due, and comes back here
    caught_up = slot.next_after(back)
    undisturbed = runs(slot, start, back + timedelta(days=21))
    assert planned <= back < caught_up
    assert runs(slot, back, back + timedelta(days=21)) == undisturbed[bisect_right(undisturbed, back) :]


@given(
    name=st.sampled_from(ZONES),
    minute=st.integers(0, 1439),
    days=st.sets(st.integers(1, 7), min_size=1).map(Days.on),
    instant=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_next_run_is_later_in_utc_and_nothing_is_due_in_between(name, minute, days, instant):
    slot = Slot(name, minute, days)
    due = slot.next_after(instant)
    assert due > instant
    assert due.tzinfo is UTC
    assert slot.next_after(due - timedelta(microseconds=1)) == due


def test_a_slot_says_its_time_as_a_clock_does():
    assert Slot("UTC", 9 * 60 + 5).clock == "09:05"


def test_a_paper_without_categories_has_no_primary_and_its_page_is_without_version():
    paper = Paper("hep-th/9901001", 3, "T", (), "A", ())
    assert paper.primary == ""
    assert paper.url == "https://arxiv.org/abs/hep-th/9901001"


def test_only_replacements_are_revisions():
    assert [kind for kind in AnnounceType if kind.is_revision] == ["replace", "replace-cross"]


@pytest.mark.parametrize("text", ["", "0", "8", "1,9", "monday", "1,,2"])
def test_what_are_no_days_is_refused(text):
    with pytest.raises(ValueError, match=r"days|literal"):
        Days(text)


def test_the_same_days_have_one_text_that_fits_its_column():
    every = [Days.on(chosen) for size in range(1, 8) for chosen in combinations(range(1, 8), size)]
    assert len(set(every)) == 127
    assert all(Days(str(one)) == one and len(one) <= 16 for one in every)
