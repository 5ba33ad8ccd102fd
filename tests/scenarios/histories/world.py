"""A seeded history: what arXiv announces day by day, what its sources say of it, and what readers do meanwhile."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.errors import MakerError, SourceError
from bot.model import Announcement, AnnounceType, Days, Listing, Paper, Slot, Validator
from bot.pacing import Reserve
from bot.sources import Outcome, Unchanged
from bot.sources.calendar import FEEDS_DUE, PAGES_DUE, newest, opens, weekdays
from bot.summaries import Answer, Job, TextField, Usage

CODES = ("cs.LG", "cs.AI", "cs.CL")
FIRST = date(2026, 6, 8)  # a Monday
PLACES = ("#1", "#2", "#3")
EVERYTHING = "#all"  # reads every category from the beginning, so that all of them are always read

_ALL = "cs.AI, cs.CL, cs.LG"
QUERIES = (
    "cs.LG", "cs.AI", "cs.CL tide", f"{_ALL} tide, fog", "cs.LG -survey", f"{_ALL} co:survey", "cs.AI type:cross",
    "cs.LG (type:replace, type:new)", "cs.LG, cs.AI type:new", f"{_ALL} 灯塔", "cs.LG -雾", "cs.CL, cs.AI -fog",
    "cs.CL, cs.AI 雾, 潮汐", "cs.LG, cs.CL au:Greaves", f"{_ALL} ti:crane", "cs.CL fog", "primary:cs.AI",
    "cs.CL (type:replace, type:replace-cross)", f"{_ALL} type:cross tide", f"{_ALL} (type:replace, type:new) fog",
)  # fmt: skip
UNBOUNDED = ("tide, fog", "co:survey", "灯塔", "au:Greaves", "type:cross tide", "fog (type:replace, type:new)")
"""Queries of which every category has to be read, which takes long: a few histories have them."""
MUTES = ("survey", "fog", "灯塔", "au:Shuyi", "cs.CL type:cross", "tide")

SUBJECTS: tuple[tuple[str, str, str, str], ...] = (
    ("Tables of the tide", "We predict the tide with sparse attention.", "潮汐表", "我们用稀疏注意力预测潮汐。"),
    ("Keepers of lighthouses", "We measure fog at lighthouses.", "灯塔看守人", "我们在灯塔测量雾。"),
    ("The crane and the harbour", "We watch a crane at work.", "起重机与港口", "我们观察一台工作中的起重机。"),
    ("Fog over the tide", "We see fog where the tide is low.", "潮汐上的雾", "我们在潮汐低处看到雾。"),
)
"""Title and abstract of a paper, in English and Chinese."""


NINE = Slot("UTC", 540)
HABITS = {
    "time 09:00 Asia/Shanghai": Slot("Asia/Shanghai", 540),
    "time 09:00 UTC": NINE,
    "days weekly": replace(NINE, days=Days.WEEKLY),
    "days daily": replace(NINE, days=Days.DAILY),
}
"""What a destination types about its hours, and when its digests come then."""


@dataclass(frozen=True, slots=True)
class Row:
    """One paper in the announcement of one category."""

    paper: Paper
    category: str
    type: AnnounceType


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody types a command at a destination."""

    at: datetime
    destination: str
    verb: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """The bot does whatever there is to do; its process dies at these writes, each counted from its start."""

    at: datetime
    kills: tuple[tuple[int, bool], ...] = ()  # the number of a write, and whether it is committed before
    works: tuple[str, ...] = ("read", "summarize", "plan", "deliver", "edit")


@dataclass
class History:
    """All of it, in the order of time."""

    seed: int
    mailings: dict[date, list[Row]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)  # papers whose comments only the feeds have, hours later
    holidays: list[date] = field(default_factory=list)  # evenings without an announcement that the bot knows of
    texts: dict[str, datetime] = field(default_factory=dict)  # when somebody can make the Chinese of a paper
    steps: list[Act | Tick] = field(default_factory=list)
    slots: dict[str, Slot] = field(default_factory=dict)  # of each destination that has said so
    delayed: dict[tuple[str, date], datetime] = field(default_factory=dict)  # listings that cannot be read before
    queries: tuple[str, ...] = QUERIES


def history(seed: int, days: int = 5, *, kills: bool = True) -> History:
    """The history of a seed."""
    dice = random.Random(seed)
    made = History(seed)
    if seed % 25 == 0:
        made.queries += UNBOUNDED
    _announce(dice, made, days)
    _live(dice, made, days, kills=kills)
    return made


def _announce(dice: random.Random, made: History, days: int) -> None:
    """New papers, cross-lists of earlier ones, revisions, withdrawals and moves; now and then no mailing."""
    number = 0
    known: list[Paper] = []
    for day in weekdays(FIRST, FIRST + timedelta(days=days + days // 5 * 2))[:days]:
        if day != FIRST and dice.random() < 0.12:
            if dice.random() < 0.5:
                made.holidays.append(day - timedelta(days=1))
            continue
        rows: list[Row] = []
        for destination, paper in enumerate(known):
            if dice.random() < 0.25:
                known[destination] = _again(dice, made, paper, rows)
        for code in (*CODES, *dice.sample(CODES, dice.randint(0, 2))):  # a listing without new papers is doubted
            number += 1
            paper = _paper(dice, number, code)
            if paper.comments and dice.random() < 0.4:
                made.bare.add(paper.id)
            if dice.random() < 0.8:
                late = dice.choice((timedelta(), timedelta(), timedelta(hours=4), timedelta(hours=20)))
                made.texts[paper.id] = opens(day) + late
            rows += _everywhere(paper, AnnounceType.NEW)
            known.append(paper)
        made.mailings[day] = rows


def _paper(dice: random.Random, number: int, code: str) -> Paper:
    title, abstract, *_ = dice.choice(SUBJECTS)
    others = dice.sample([one for one in CODES if one != code], dice.choice((0, 0, 1)))
    return Paper(
        id=f"2606.{10000 + number}",
        version=1,
        title=title,
        authors=tuple(dice.sample(("Ottoline Greaves", "Wen Shuyi", "Ruth Abelard"), 2)),
        abstract=abstract,
        categories=(code, *others),
        comments=dice.choice(("", "a survey", "12 pages", "a survey, 9 pages")),
    )


def _again(dice: random.Random, made: History, paper: Paper, rows: list[Row]) -> Paper:
    """What is announced of a paper that was announced before: as it is from then on."""
    others = [code for code in CODES if code not in paper.categories]
    kind = dice.choice(("cross", "cross", "revised", "revised", "withdrawn", "moved"))
    if kind == "cross" and others:
        paper = replace(paper, categories=(*paper.categories, dice.choice(others)))
        rows.append(Row(paper, paper.categories[-1], AnnounceType.CROSS))
        return paper
    comments = "This paper has been withdrawn by the authors" if kind == "withdrawn" else "revised"
    categories = paper.categories
    if kind == "moved":
        categories = (
            (categories[1], categories[0], *categories[2:]) if len(categories) > 1 else (others[0], *categories)
        )
    paper = replace(paper, version=paper.version + 1, comments=comments, categories=categories)
    rows += _everywhere(paper, AnnounceType.REPLACE)
    return paper


def _everywhere(paper: Paper, kind: AnnounceType) -> Iterator[Row]:
    """A paper in all of its categories, as each of them announces it."""
    cross = AnnounceType.CROSS if kind is AnnounceType.NEW else AnnounceType.REPLACE_CROSS
    for code in paper.categories:
        yield Row(paper, code, kind if code == paper.primary else cross)


def _live(dice: random.Random, made: History, days: int, *, kills: bool) -> None:
    """Every hour at which something happens by itself, and readers who do something in between."""
    start = opens(FIRST) - timedelta(hours=6)
    made.steps.append(Tick(start))
    destinations = [Act(start, EVERYTHING, "subscribe", _ALL)]
    for destination in PLACES:
        destinations += [
            Act(start, destination, "subscribe", query) for query in dice.sample(made.queries, dice.randint(1, 3))
        ]
        typed = dice.choice(list(HABITS))
        made.slots[destination] = HABITS[typed]
        destinations += [Act(start, destination, *typed.split(" ", 1))]
        destinations += [Act(start, destination, "language", dice.choice(("en", "both", "zh")))]
    destinations += [Act(start, destination, "notices", "off") for destination in (*PLACES[1:], EVERYTHING)]
    destinations += [Act(start, PLACES[0], "notices", "always")]
    made.steps += destinations
    hours = (timedelta(minutes=6), timedelta(hours=1), timedelta(hours=4, minutes=10), timedelta(hours=9))
    for number in range(days + days // 5 * 2):
        evening = opens(FIRST + timedelta(days=number))
        for hour in hours:
            for _ in range(dice.choice((0, 1, 1, 2))):
                made.steps.append(_act(dice, made, evening + hour - timedelta(minutes=2)))
            some = dice.sample(range(1, 25), 2) if kills and dice.random() < 0.25 else []
            made.steps.append(Tick(evening + hour, tuple((one, dice.random() < 0.5) for one in sorted(some))))


def _act(dice: random.Random, made: History, at: datetime) -> Act:
    destination = dice.choice(PLACES)
    announced = [row.paper.id for day, rows in made.mailings.items() if opens(day) < at for row in rows]
    verb = dice.choice(
        ("subscribe", "subscribe", "unsubscribe", "edit", "edit", "mute", "mute", "unmute", "pause", "resume",
         "resume", "pause one", "resume one", "resubscribe")
    )  # fmt: skip
    match verb:
        case "subscribe" | "edit" | "resubscribe":
            return Act(at, destination, verb, dice.choice(made.queries))
        case "mute":
            return Act(at, destination, verb, dice.choice((*MUTES, *announced[-4:])))
        case _:
            return Act(at, destination, verb)


class Press:
    """One source as the bot sees it: the listing pages at once, or the feeds from midnight on."""

    def __init__(self, made: History, clock: Callable[[], datetime], *, is_feed: bool) -> None:
        self.name = "arxiv_feed" if is_feed else "arxiv_listing"
        self.due_offset = FEEDS_DUE if is_feed else PAGES_DUE
        self.is_daily = is_feed
        self.told: list[Listing] = []
        self._made = made
        self._clock = clock

    def listing(self, category: str, day: date) -> Listing:
        """What it says of a category and a day."""
        rows = [row for row in self._made.mailings.get(day, []) if row.category == category]
        announced = tuple(Announcement(self._known(row.paper), category, day, row.type) for row in rows)
        return Listing(self.name, category, day, announced, claimed=None if self.is_daily else len(rows))

    def _known(self, paper: Paper) -> Paper:
        if self.is_daily:
            return paper
        is_bare = paper.version == 1 and paper.id in self._made.bare
        return replace(paper, authors=paper.authors[:100], comments="" if is_bare else paper.comments)

    async def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """The newest mailing of each category."""
        day = newest(self._clock(), self.due_offset)
        if not self.is_daily:
            day = max((one for one in self._made.mailings if one <= day), default=day)
        for category in categories:
            until = self._made.delayed.get((category, day))
            if until is not None and self._clock() < until:
                yield SourceError(category, "it is out of order")
            elif day in self._made.mailings:
                self.told.append(self.listing(category, day))
                yield self.told[-1]
            else:
                yield Unchanged(category)


class Archived(Press):
    """The listing pages: days of the past can be had of them, too."""

    async def rebuild(self, category: str, day: date) -> Outcome:
        """What was announced on a day."""
        self.told.append(self.listing(category, day))
        return self.told[-1]


class Translator:
    """Makes the Chinese of the papers of a history, from the hour on at which it can."""

    name = "llm:one"
    prompt = "1"
    learns = False

    def __init__(self, made: History, clock: Callable[[], datetime]) -> None:
        self.done: dict[tuple[str, int], tuple[str, str]] = {}
        self._made = made
        self._clock = clock

    def makes(self, wanted: TextField) -> bool:
        """Titles and abstracts in Chinese."""
        return wanted in (TextField.TITLE, TextField.ABSTRACT)

    def share_rate_limits(self, reserve: Reserve) -> None:
        """It has none."""

    def worst(self, job: Job) -> Usage:
        """It is free."""
        return Usage()

    async def make(self, job: Job, reason: str = "") -> Answer:
        """The texts of one paper; MakerError when it is too early, or there never will be any."""
        if self._clock() < self._made.texts.get(job.paper.id, datetime.max.replace(tzinfo=self._clock().tzinfo)):
            raise MakerError("not yet")
        _, _, title, abstract = next(one for one in SUBJECTS if one[0] == job.paper.title)
        self.done[job.paper.id, job.paper.version] = title, abstract
        return Answer({one: {TextField.TITLE: title, TextField.ABSTRACT: abstract}[one] for one in job.fields})

    async def close(self) -> None:
        """Nothing to let go of."""
