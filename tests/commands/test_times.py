"""Times of the day and zones, as people type them: what is meant, or a refusal with names to type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.times import read_clock, read_moment
from bot.commands.zones import OFFERED, find_zone, zones_at
from bot.errors import UserError

CLOCKS = {
    "00:00": "晚上12点 晚上十二点 凌晨12点 半夜12点 午夜 午夜12点 midnight 0点 零点 24:00 晚上0点 12am",
    "00:30": "晚上12点半 晚上12點30分 凌晨0点半",
    "01:00": "凌晨1点 晚上1点 半夜一点 凌晨一點",
    "08:00": "早8点 明早八点 今早8點 8:00早上 8点",
    "09:00": "早上9點 上午九点 清晨9点钟 九點整 9h 9am 早上9:00 9:00:00",
    "09:05": "早上九点零五分 上午9点05分",
    "11:30": "中午11点半 上午11:30",
    "12:00": "中午12点 中午十二點 正午 noon 12pm 下午12点 12noon 中午12:00",
    "13:00": "中午1点 下午1点 下午一點",
    "14:15": "下午两点一刻 下午兩點一刻 14点15分",
    "15:30": "3:30下午 3點半下午 下午3点半 下午3點半 下午三点三十分 15:30 下午15:30",
    "18:00": "傍晚6点 晚上6点 18时 18時",
    "22:45": "晚上十点三刻 晚上22:45 深夜10点45分 二十二点四十五分",
    "20:00": "晚8点 明晚8点 8:00晚上 8点晚上",
    "23:00": "晚上11点 夜11点 深夜11點 夜里11点",
}


@pytest.mark.parametrize(
    ("typed", "clock"), [(typed, clock) for clock, texts in CLOCKS.items() for typed in texts.split()]
)
def test_a_part_of_the_day_has_its_own_hours(typed: str, clock: str):
    hour, minute = map(int, clock.split(":"))
    assert read_clock(typed) == (60 * hour + minute, "")


@pytest.mark.parametrize(
    ("typed", "minute"),
    [
        ("8 in the evening", 1200),
        ("9 a.m.", 540),
        ("9 Uhr", 540),
        ("11 o'clock", 660),
        ("at 9", 540),
        ("9:30 晚上", 1290),
    ],
)
def test_a_time_in_words_is_read(typed: str, minute: int):
    assert read_clock(typed) == (minute, "")


@pytest.mark.parametrize(
    "typed", ["上午12点", "13pm", "0 am", "25点", "早上15点", "9:5", "下午", "点", "晚上9点75分"]
)
def test_what_is_no_time_or_has_two_meanings_is_no_time(typed: str):
    assert read_clock(typed) is None


@given(st.integers(0, 23), st.sampled_from(["凌晨", "早上", "上午", "中午", "下午", "傍晚", "晚上", "深夜"]))
def test_a_part_of_the_day_never_changes_an_hour_by_anything_but_twelve(hour: int, part: str):
    clock = read_clock(f"{part}{hour}点")
    assert clock is None or (clock.minute // 60 - hour) % 12 == 0


@pytest.mark.parametrize(
    ("typed", "minute", "zone"),
    [
        ("9:00 北京", 540, "北京"),
        ("北京时间早上9点", 540, "北京时间"),
        ("UTC+8", None, "UTC+8"),
        ("UTC-5 07:30", 450, "UTC-5 "),
    ],
)
def test_a_zone_stands_on_either_side_of_a_time(typed: str, minute: int | None, zone: str):
    assert read_moment(typed) == (minute, zone)


ZONES = {
    "Asia/Kolkata": "UTC+5:30 GMT+5:30 UTC+0530 +5:30 UTC+05:30 utc+5.5",
    "Asia/Kathmandu": "UTC+5:45 NPT",
    "Australia/Darwin": "UTC+9:30",
    "Asia/Shanghai": "北京時間 北京时间 上海 BJT",
    "Asia/Taipei": "臺北 台北 台灣",
    "Asia/Tokyo": "JST jst 東京 东京时间 東京時間",
    "America/Los_Angeles": "PST PDT PT 洛杉磯 太平洋时间",
    "America/New_York": "EST EDT ET 紐約",
    "Europe/London": "BST 倫敦 英国 英國",
    "America/Sao_Paulo": "São_Paulo sao-paulo BRT",
    "Europe/Zurich": "Zürich ZÜRICH 瑞士",
    "America/Bogota": "Bogotá COT",
    "Africa/Maputo": "CAT",
    "Etc/GMT-8": "UTC+8 UTC+08:00 GMT+0800 UTC＋8 东八区 東八區",
    "Etc/GMT+5": "UTC-5 UTC−5 UTC–5 西五区",
    "EST5EDT": "EST5EDT",
    "UTC": "UTC GMT+0 UTC+00:00 Zulu Z 格林威治時間",
}


@pytest.mark.parametrize(
    ("typed", "zone"), [(typed, zone) for zone, texts in ZONES.items() for typed in texts.split()]
)
def test_a_zone_is_found_under_each_of_its_names(typed: str, zone: str):
    found = find_zone(typed)
    assert found == zone or (zone == "UTC" and not datetime.now(ZoneInfo(found)).utcoffset())


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("IST", "Asia/Kolkata, Asia/Jerusalem, Europe/Dublin"),
        ("CST", "Asia/Shanghai, America/Chicago"),
        ("AST", "America/Halifax, Asia/Riyadh"),
        ("UTC-3:30", "America/St_Johns"),
        ("UTC+12:45", "Pacific/Chatham"),
    ],
)
def test_what_may_mean_several_zones_is_refused_with_their_names(typed: str, named: str):
    with pytest.raises(UserError) as caught:
        find_zone(typed)
    assert caught.value.values["suggestions"] == named


@given(st.sampled_from("+-"), st.integers(0, 15), st.sampled_from([0, 15, 20, 30, 45]))
def test_an_offset_is_that_offset_in_winter_and_summer_or_is_refused(sign: str, hours: int, minutes: int):
    try:
        zone = ZoneInfo(find_zone(f"UTC{sign}{hours}:{minutes:02d}"))
    except UserError:
        return
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    assert {datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)} == {offset}


@pytest.mark.parametrize(
    ("hours", "month", "zones"),
    [
        (8, 6, ("Asia/Shanghai", "Asia/Singapore", "Asia/Taipei")),
        (2, 6, ("Europe/Berlin", "Europe/Paris", "Europe/Rome")),
        (2, 12, ("Asia/Jerusalem", "Europe/Athens", "Africa/Johannesburg")),
        (-7, 6, ("America/Los_Angeles", "America/Vancouver", "America/Hermosillo")),
        (5.75, 6, ("Asia/Kathmandu", "Asia/Katmandu")),
        (17, 6, ()),
    ],
)
def test_an_offset_is_offered_as_up_to_three_cities(hours, month, zones):
    found = zones_at(timedelta(hours=hours), datetime(2026, month, 10, tzinfo=UTC))
    assert found[:2] == zones[:2]
    assert len(found) == len(zones)


def test_a_menu_of_discord_has_room_for_the_zones_to_choose_from():
    assert len(OFFERED) == len(set(OFFERED)) == 25
    assert all(find_zone(one) == one for one in OFFERED)
