"""The histories that go wrong most easily, each written by hand; the model of random histories is their judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.model import AnnounceType, Paper, Slot
from bot.sources.calendar import opens
from tests.scenarios.histories.lives import lived
from tests.scenarios.histories.world import CODES, EVERYTHING, FIRST, PLACES, SUBJECTS, Act, History, Row, Tick

NEW, CROSS, REPLACE = AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.REPLACE
READ, SENT = timedelta(minutes=6), timedelta(hours=9)  # after the announcement
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (FIRST + timedelta(days=number) for number in range(4))
ONE, OTHER, THIRD = PLACES
CROSSED = "cs.AI title:tide type:cross, type:replace-cross"
BEGINNING = opens(FIRST) - timedelta(hours=6)


def paper(number: int, *categories: str, **values: object) -> Paper:
    """A paper on the tables of the tide."""
    title, abstract, *_ = SUBJECTS[0]
    fields = {"id": f"2606.{10000 + number}", "version": 1, "title": title, "authors": ("Wen Shuyi",)}
    return Paper(**{**fields, "abstract": abstract, "categories": categories, **values})  # type: ignore[arg-type]


def story(*steps: Act | Tick, **mailings: list[Row]) -> History:
    """A history of these steps; each day of `mailings` has a new paper in every category besides."""
    made = History(0)
    days = {"monday": MONDAY, "tuesday": TUESDAY, "wednesday": WEDNESDAY, "thursday": THURSDAY}
    for number, (name, day) in enumerate(days.items()):
        others = [Row(paper(100 * number + n, code, title="Other"), code, NEW) for n, code in enumerate(CODES, 50)]
        made.mailings[day] = [*mailings.get(name, []), *others]
    first = [
        Act(BEGINNING, EVERYTHING, "subscribe", ", ".join(CODES)),
        Act(BEGINNING, EVERYTHING, "notices", "off"),
    ]
    first += [Act(BEGINNING, destination, "subscribe", "cs.AI ti:nothing") for destination in PLACES]
    first += [Act(BEGINNING, destination, "time", "09:00 UTC") for destination in PLACES]
    first += [
        Act(BEGINNING, destination, "notices", "always" if destination == ONE else "off") for destination in PLACES
    ]
    made.steps = [Tick(BEGINNING), *first, *steps]
    return made


def evening(day: date) -> Tick:
    """The bot reads, and does what else is due."""
    return Tick(opens(day) + READ)


def morning(day: date) -> Tick:
    """The bot sends its digests."""
    return Tick(opens(day) + SENT)


def says(day: date, destination: str, verb: str, text: str = "", after: timedelta = timedelta()) -> Act:
    """Somebody types something, an hour before the announcement of a day unless it is said."""
    return Act(opens(day) + (after or timedelta(hours=-1)), destination, verb, text)


async def test_a_paused_subscription_across_three_digests_of_one_that_shares_its_papers(store, store_url):
    tide = paper(1, "cs.LG", "cs.AI")
    again = replace(tide, version=2, comments="revised")
    later = paper(2, "cs.LG", "cs.AI")
    made = story(
        says(MONDAY, OTHER, "subscribe", "cs.LG ti:tide"),
        says(MONDAY, OTHER, "subscribe", CROSSED),
        says(MONDAY, OTHER, "pause query", CROSSED),
        evening(MONDAY), morning(MONDAY), evening(TUESDAY), morning(TUESDAY),
        evening(WEDNESDAY), morning(WEDNESDAY),
        says(THURSDAY, OTHER, "resume query", CROSSED),
        evening(THURSDAY), morning(THURSDAY),
        monday=[Row(tide, "cs.LG", NEW), Row(tide, "cs.AI", CROSS)],
        tuesday=[Row(again, "cs.LG", REPLACE), Row(again, "cs.AI", AnnounceType.REPLACE_CROSS)],
        wednesday=[Row(later, "cs.LG", NEW), Row(later, "cs.AI", CROSS)],
    )  # fmt: skip
    await store.close()
    assert (await lived(made, store_url)).papers > 12


async def test_a_query_that_is_edited_and_edited_back_gets_nothing_of_what_waited(store, store_url):
    tide, more = paper(1, "cs.LG"), paper(2, "cs.LG")
    made = story(
        says(MONDAY, OTHER, "subscribe", "cs.LG ti:tide"),
        says(MONDAY, THIRD, "subscribe", "cs.LG ti:tide"),
        evening(MONDAY),
        says(MONDAY, OTHER, "edit query", "cs.LG title:tide > cs.CL fog", timedelta(hours=1)),
        says(MONDAY, OTHER, "edit query", "cs.CL fog > cs.LG title:tide", timedelta(hours=2)),
        says(MONDAY, THIRD, "unsubscribe query", "cs.LG title:tide", timedelta(hours=2)),
        says(MONDAY, THIRD, "subscribe", "cs.LG ti:tide", timedelta(hours=3)),
        morning(MONDAY), evening(TUESDAY), morning(TUESDAY),
        monday=[Row(tide, "cs.LG", NEW)],
        tuesday=[Row(more, "cs.LG", NEW)],
    )  # fmt: skip
    await store.close()
    await lived(made, store_url)


LATE = timedelta(hours=4, minutes=10)  # after the announcement, when feeds are read
SURVEY = paper(1, "cs.LG", comments="a survey")
CROWD = paper(2, "cs.LG", authors=tuple(f"Person{n} Number{n}" for n in range(150)))
LATE_NEW = paper(3, "cs.LG", "cs.AI")
QUERIES = (
    "cs.LG -survey", "cs.LG co:survey", "cs.LG au:Number120", "cs.LG -au:Number120", "cs.LG 潮汐", "cs.LG -潮汐",
    "cs.LG, cs.AI ti:tide type:cross", "cs.LG, cs.AI ti:tide type:new",
)  # fmt: skip


@pytest.mark.parametrize("sent_at", ["before", "between", "after"])
@pytest.mark.parametrize("query", QUERIES)
async def test_evidence_that_comes_late_flips_what_was_found_and_entitles_nobody(sqlite_store, query, sent_at):
    """It comes before the digest is planned, between planning and composing, or after sending."""
    planned = opens(MONDAY) + {"before": SENT, "between": timedelta(hours=2), "after": timedelta(hours=2)}[sent_at]
    slot = Slot("UTC", planned.hour * 60)
    every = Tick(BEGINNING).works
    late = Tick(opens(MONDAY) + LATE, works=("read", "summarize") if sent_at == "between" else every)
    plan_only = ("read", "plan") if sent_at == "between" else every
    made = story(
        says(MONDAY, ONE, "subscribe", query),
        says(MONDAY, ONE, "time", f"{slot.clock} UTC"),
        says(MONDAY, ONE, "language", "zh"),
        evening(MONDAY),
        *([Tick(planned, works=plan_only)] if sent_at != "before" else []),
        says(MONDAY, THIRD, "subscribe", query, timedelta(hours=3)),
        says(MONDAY, THIRD, "language", "zh", timedelta(hours=3)),
        late, morning(MONDAY), evening(TUESDAY), morning(TUESDAY),
        monday=[
            Row(SURVEY, "cs.LG", NEW), Row(CROWD, "cs.LG", NEW), Row(LATE_NEW, "cs.LG", NEW),
            Row(LATE_NEW, "cs.AI", CROSS),
        ],
    )  # fmt: skip
    made.slots[ONE] = slot
    made.bare.add(SURVEY.id)
    made.texts = dict.fromkeys((SURVEY.id, CROWD.id), opens(MONDAY) + timedelta(hours=3, minutes=30))
    made.delayed["cs.LG", MONDAY] = opens(MONDAY) + (timedelta() if "tide" not in query else timedelta(hours=3))
    await sqlite_store.close()
    await lived(made, sqlite_store.url)


async def test_a_delivery_of_yesterday_that_was_not_composed_takes_what_has_come_since(store, store_url):
    planned, composed = ("read", "plan"), ("read", "plan", "deliver")
    first, second = opens(MONDAY) + SENT, opens(TUESDAY) + SENT
    tide, more = paper(1, "cs.LG"), paper(2, "cs.LG")
    made = story(
        says(MONDAY, OTHER, "subscribe", "cs.LG ti:tide"),
        evening(MONDAY),
        Tick(first, works=planned),
        Tick(opens(TUESDAY) + READ, works=("read",)),
        Tick(second, works=planned),
        Tick(second + timedelta(minutes=20), ((2, False), (2, True), (4, False)), composed),
        evening(WEDNESDAY), morning(WEDNESDAY),
        monday=[Row(tide, "cs.LG", NEW)],
        tuesday=[Row(more, "cs.LG", NEW), Row(replace(tide, categories=("cs.LG", "cs.AI")), "cs.AI", CROSS)],
    )  # fmt: skip
    await store.close()
    told = await lived(made, store_url)
    assert told.deaths >= 2
