"""Small readers of what people type: any text is answered, and what they write they read."""

from __future__ import annotations

import contextlib
import random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.times import read_clock, read_days, slot_in_words
from bot.commands.typed import cleaned, pointed, read_number, read_paper, shown
from bot.commands.zones import find_zone, zone_name
from bot.errors import UserError
from bot.model import Days, Slot
from bot.verbs import Verb
from tests.bench import hostile
from tests.commands.conftest import Conversation

TEXTS = st.text(st.characters(), max_size=40)


@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(text: str):
    once = cleaned(text)
    assert cleaned(once) == once
    once.encode()


@given(TEXTS, st.integers(0, 60))
def test_what_is_shown_is_one_short_line(text: str, position: int):
    assert "\n" not in shown(text * 5)
    assert len(shown(text * 5)) <= 80
    assert "▶" in pointed(cleaned(text), position)


@given(TEXTS)
def test_any_text_can_be_read_as_anything(text: str):
    typed = cleaned(text)
    read_number(typed)
    read_paper(typed)
    read_days(typed)
    clock = read_clock(typed)
    assert clock is None or 0 <= clock.minute < 24 * 60
    with contextlib.suppress(UserError):
        ZoneInfo(find_zone(typed))


@given(st.integers(0, 24 * 60 - 1))
def test_every_minute_of_the_day_is_read(minute: int):
    clock = f"{minute // 60:02}:{minute % 60:02}"
    assert read_clock(clock) == (minute, "")
    assert read_clock(f"{clock} Berlin") == (minute, "Berlin")


@pytest.mark.parametrize("minute", [0, 59, 60, 719, 720, 780, 1439])
def test_twelve_hours_are_read(minute: int):
    hour, half = minute // 60 % 12 or 12, "am" if minute < 720 else "PM"
    assert read_clock(f"{hour}:{minute % 60:02} {half}") == (minute, "")


def test_every_zone_is_found_by_its_name_in_any_case():
    clocks = {  # what people call the clock of a place, in summer and in winter
        "HST": "Pacific/Honolulu",
        "EST": "America/New_York",
        "CET": "Europe/Berlin",
        "WET": "Europe/Lisbon",
        "MST": "America/Denver",
        "EET": "Europe/Athens",
    }
    for name in available_timezones() - {"Factory", "localtime"}:
        assert find_zone(name) == clocks.get(name, name)
        assert find_zone(name.upper()) == clocks.get(name, name)


def test_fixed_offsets_are_shown_with_the_sign_that_people_use():
    for hours in range(-12, 15):
        zone = find_zone(f"UTC{hours:+d}")
        assert zone_name(zone) == (f"UTC{hours:+d}" if hours else "UTC")
        assert slot_in_words(Slot(zone, 540, Days.DAILY), "en").endswith(f"({zone_name(zone)})")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2", 2),
        ("#2", 2),
        ("2.", 2),
        ("第 2 个", 2),
        ("No. 2", 2),
        ("two", None),
        ("2 3", None),
        ("²", None),
        ("", None),
    ],
)
def test_numbers_are_read(typed: str, number: int | None):
    assert read_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "paper"),
    [
        ("2606.90001", ("2606.90001", None)),
        ("0704.0001v2", ("0704.0001", 2)),
        ("arXiv:2606.90001v12 [cs.LG]", ("2606.90001", 12)),
        ("https://arxiv.org/pdf/2606.90001v1.pdf", ("2606.90001", 1)),
        ("https://arxiv.org/abs/math.GT/0309136v1", ("math/0309136", 1)),
        ("cond-mat/0207270", ("cond-mat/0207270", None)),
        ("2606.90001的翻译", ("2606.90001", None)),
        ("2606.900012345", None),
        ("12606.90001", None),
        ("2606.90001vX", None),
        ("10.48550/arXiv.2606.90001", ("2606.90001", None)),
        ("", None),
    ],
)
def test_paper_ids_are_read(typed: str, paper: tuple[str, int | None] | None):
    assert read_paper(typed) == paper


async def test_whatever_stands_behind_a_verb_is_answered(talk: Conversation):
    names = [name for verb in Verb for name in verb.names]
    for number in range(150):
        choose = random.Random(number)
        argument = choose.choice([hostile.query(choose), "1", "0", "-1", "9" * 30, "٣", "1 2 3", "all", "*", ""])
        assert (await talk.says(f"{choose.choice(names)} {argument}")).strip(), number
