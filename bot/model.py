"""The nouns of the product, as frozen values. No I/O, no markup, no vendor.

All instants are aware UTC; dates of listings are arXiv's Eastern dates. Texts of papers are kept as the
source gave them (TeX and all): `text` makes them readable, channels escape them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"(?:[a-z-]+(?:\.[A-Z]{2})?/)?([0-9]{2})([0-9]{2})")

ALL = "all"
"""The category of a listing that covers every category (a saved arXivDaily page)."""

UNKNOWN = 0
"""The version of a paper whose source does not tell it."""


class AnnounceType(enum.StrEnum):
    """How a paper appears in one mailing, relative to the categories that one reads; best first.

    https://info.arxiv.org/help/rss_specifications.html
    """

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"

    @property
    def is_revision(self) -> bool:
        """Whether the paper was announced before and is back in a new version."""
        return self in (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)


class Form(enum.StrEnum):
    """How a source gives the metadata of papers."""

    TYPED = "typed"  # as their authors typed it: a feed
    RENDERED = "rendered"  # as arXiv shows it: accents for TeX, names told apart, at most a hundred of them
    RETOLD = "retold"  # by somebody else


class ChangeKind(enum.StrEnum):
    """What may become of a paper after its announcement."""

    WITHDRAWN = "withdrawn"
    MOVED = "moved"  # to another primary category


class Language(enum.StrEnum):
    """What a destination reads its cards in; Chinese is in simplified characters unless it says otherwise."""

    EN = "en"
    ZH = "zh"
    BOTH = "both"
    ZH_HANT = "zh-hant"
    BOTH_HANT = "en-hant"

    @property
    def is_traditional(self) -> bool:
        """Whether Chinese is shown in traditional characters."""
        return self in (Language.ZH_HANT, Language.BOTH_HANT)

    @property
    def plain(self) -> Language:
        """The same without the choice of characters: EN, ZH or BOTH."""
        return {Language.ZH_HANT: Language.ZH, Language.BOTH_HANT: Language.BOTH}.get(self, self)

    @property
    def without_chinese(self) -> Language:
        """What is read where nobody makes Chinese texts: who reads both reads English."""
        return Language.EN if self.plain is Language.BOTH else self

    @property
    def chinese(self) -> str:
        """The locale's name for its Chinese."""
        return "zh-hant" if self.is_traditional else "zh"

    @property
    def locales(self) -> tuple[str, ...]:
        """The locale's names for what it reads, Chinese first."""
        return {Language.EN: ("en",), Language.ZH: (self.chinese,)}.get(self.plain, (self.chinese, "en"))


class Days(str):
    """The days of a slot: `mon-fri`, `daily`, `weekly` (Mondays), or ISO weekdays as `2,4`; else ValueError."""

    WEEKDAYS: ClassVar[Days]
    DAILY: ClassVar[Days]
    WEEKLY: ClassVar[Days]

    def __new__(cls, text: str) -> Days:
        """The same days are the same text."""
        return cls.on(_NAMED_DAYS.get(text) or map(int, text.split(",")))

    @classmethod
    def on(cls, weekdays: Iterable[int]) -> Days:
        """The days with these ISO weekdays, Monday is 1."""
        chosen = frozenset(weekdays)
        if not chosen or not chosen <= _NAMED_DAYS["daily"]:
            raise ValueError("a slot has days, from 1 to 7")
        names = (name for name, days in _NAMED_DAYS.items() if days == chosen)
        return str.__new__(cls, next(names, ",".join(map(str, sorted(chosen)))))

    @property
    def weekdays(self) -> frozenset[int]:
        """ISO weekdays, Monday is 1."""
        return _NAMED_DAYS.get(self) or frozenset(map(int, self.split(",")))


_NAMED_DAYS = {"mon-fri": frozenset(range(1, 6)), "daily": frozenset(range(1, 8)), "weekly": frozenset({1})}
Days.WEEKDAYS, Days.DAILY, Days.WEEKLY = map(Days, _NAMED_DAYS)


class NoAnnouncement(enum.StrEnum):
    """Why arXiv announces nothing on a day."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class Notices(enum.StrEnum):
    """When a destination hears why there are no papers."""

    OFF = "off"
    FAULTS = "faults"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a paper, with the metadata of its source and nothing derived."""

    id: str  # without version: 2606.90001, or hep-th/9901001
    version: int
    title: str
    authors: tuple[str, ...]
    abstract: str
    categories: tuple[str, ...]  # as the source wrote them, primary first
    comments: str = ""
    doi: str = ""
    journal_ref: str = ""
    license: str = ""  # a URL
    is_version_known: bool = True  # False: nobody has told it, and `version` only puts it in order

    @property
    def primary(self) -> str:
        """The primary category, as the source wrote it."""
        return self.categories[0] if self.categories else ""

    @property
    def submitted(self) -> date | None:
        """The first day of the month in which it was first submitted, as its id says; None for an odd id.

        https://info.arxiv.org/help/arxiv_identifier.html
        """
        found = _MONTH.match(self.id)
        if found is None or not 1 <= int(found[2]) <= 12:
            return None
        year = int(found[1])
        return date(year + (1900 if year >= 91 else 2000), int(found[2]), 1)

    @property
    def label(self) -> str:
        """The id with the version, as far as that is known: 2606.90001v2."""
        return f"{self.id}v{self.version}" if self.is_version_known else self.id

    @property
    def url(self) -> str:
        """The page of the paper, without version, so that readers land on the current one."""
        return f"https://arxiv.org/abs/{self.id}"


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a paper since a version of it; `paper` is that version."""

    paper: Paper
    kind: ChangeKind
    before: str = ""  # the primary categories of a paper that has moved, as canonical codes
    after: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One paper in one listing; `type` is relative to that listing's category."""

    paper: Paper
    category: str  # a canonical code, or ALL
    date: date
    type: AnnounceType


@dataclass(frozen=True, slots=True)
class Summary:
    """Texts made for one paper, version and language; an empty text is not there."""

    paper_id: str
    version: int
    language: Language  # EN or ZH
    title: str = ""
    one_line: str = ""
    abstract: str = ""
    provenance: str = ""  # who made it: arxivdaily, llm:MODEL, mt:firefox, extract; several with commas
    flaws: str = ""  # what the gate found in it, if a reader may see it all the same


@dataclass(frozen=True, slots=True)
class Validator:
    """What a server gave for asking again cheaply (RFC 9110, conditional requests)."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A paper in a listing that could not be read, and why not."""

    paper: str  # its id, or what else it can be called by
    reason: str  # follows the name of the paper and a colon


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source returned for one category and one announcement date."""

    source: str
    category: str
    date: date
    announcements: tuple[Announcement, ...]
    claimed: int | None = None  # the count that the source itself claims, when it does
    summaries: tuple[Summary, ...] = ()
    validator: Validator | None = None
    confirmed_by: str = ""  # the source whose own count says that nothing is missing
    unread: tuple[UnreadRow, ...] = ()  # what it announces besides, and could not be read
    form: Form = Form.RETOLD


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one category was read for a day; `claimed` is None while no source has confirmed it."""

    category: str
    date: date
    read: int
    claimed: int | None = None
    confirmed_by: str = ""  # the source whose own count that is
    at: datetime | None = None  # when it was confirmed, or else read last
    is_mailed: bool = False  # whether arXiv's own mail names no more
    unread: int = 0  # papers that are there, and that no source gives readably

    @property
    def is_complete(self) -> bool | None:
        """True or False when the claim is known, else None."""
        return None if self.claimed is None else self.read == self.claimed

    @property
    def is_accounted(self) -> bool:
        """Whether what was not read is known by name."""
        return self.unread > 0 and self.read + self.unread == self.claimed


@dataclass(frozen=True, slots=True)
class Fault:
    """What a source could not give: one category (or ALL) of one announcement date."""

    source: str
    category: str
    date: date
    reason: str  # one sentence for the admin
    since: datetime
    tried_at: datetime  # the last attempt
    over_at: datetime | None = None  # when it was given after all


@dataclass(frozen=True, slots=True)
class AnnouncementDay:
    """What was learnt about one Eastern date: announced, or no announcement, and why if that is known."""

    date: date
    is_announced: bool
    reason: NoAnnouncement | None
    seen_at: datetime


class Reason(NamedTuple):
    """Why a paper matched: this term of the query was found in this field."""

    term: str  # as the query writes it
    field: str  # category, title, abstract, comment, author, type, title_zh, abstract_zh
    via: str = ""  # the English phrase by which a Chinese term was found in an English text


@dataclass(frozen=True, slots=True)
class Slot:
    """When destinations get their digest: a wall-clock time in a zone, on some days."""

    zone: str  # an IANA name
    minute: int  # of the local day, 0 to 1439
    days: Days = Days.WEEKDAYS

    @property
    def clock(self) -> str:
        """The wall-clock time, HH:MM."""
        return f"{self.minute // 60:02d}:{self.minute % 60:02d}"

    def next_after(self, instant: datetime) -> datetime:
        """The first due instant after `instant`, in UTC: one for each local day of the slot.

        A time that the clock skips comes as much later as it skips; one that it repeats comes the
        first time only. (Cron triggers get both wrong: https://github.com/agronholm/apscheduler/issues/606)
        """
        return min(due for due in self._around(instant) if due > instant)

    def last_before(self, instant: datetime) -> datetime:
        """The last due instant before `instant`, in UTC."""
        return max(due for due in self._around(instant) if due < instant)

    def _around(self, instant: datetime) -> Iterator[datetime]:
        """The due instants of the days around: a week has every weekday."""
        zone = ZoneInfo(self.zone)
        today = instant.astimezone(zone).date()
        for ahead in range(-9, 10):
            day = today + timedelta(days=ahead)
            if day.isoweekday() in self.days.weekdays:
                yield datetime.combine(day, time(self.minute // 60, self.minute % 60), zone).astimezone(UTC)


BY_REQUEST = "paused on request"
"""Why a destination is paused when its own people wanted it; any other reason is a refusal."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination inside a channel, with its reading preferences."""

    id: int
    channel: str
    address: str  # what the channel needs to post there; never logged
    language: Language
    slot: Slot
    owner: str = ""  # the address of the identity that made it
    paused: str = ""  # why nothing is sent: a word of the owner, or the channel's refusal
    notices: Notices = Notices.FAULTS
    limit: int = 0  # papers that it wants whole in a digest; 0 is as many as the admin allows

    def shown(self, cap: int) -> int:
        """How many papers a digest shows whole, where the admin allows `cap`."""
        return min(self.limit or cap, cap)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A query plus a destination; `number` is what people type: 1, 2, 3 at their destination."""

    id: int
    destination_id: int
    number: int
    query: str  # canonical: str(parse(query)) == query
    paused: bool = False

    @property
    def reference(self) -> str:
        """What a button calls it, in the destination of the number: no later subscription is called so."""
        return f"id:{self.id}"

    def is_called(self, typed: str) -> bool:
        """Whether a number or a reference is that of this subscription."""
        return typed in (str(self.number), self.reference)


@dataclass(frozen=True, slots=True)
class Match:
    """Subscription x announcement; `type` is relative to the categories that the query reads."""

    subscription_id: int
    paper_id: str
    version: int
    date: date
    type: AnnounceType
    reasons: tuple[Reason, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel gave for a part that arrived: its message id, and when."""

    reference: str
    at: datetime
