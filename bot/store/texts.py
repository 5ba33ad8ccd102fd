"""Texts made for papers, one row for each text and who made it: nothing is made, or paid for, twice.

A text that was of no use is a row too, with an empty body and what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import and_, case, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Language, Summary
from bot.store import schema
from bot.store.among import among
from bot.store.packing import unpack
from bot.store.pieces import in_pieces
from bot.store.upsert import insert
from bot.store.versions import Version, is_one_of

_CHUNK = 400
_FIELDS = ("title", "one_line", "abstract")
_KINDS = ("arxivdaily", "llm", "mt")
"""Makers from best to worst; what is not here comes after them."""

_text, _paper, _announced, _delivery = schema.text_.c, schema.paper.c, schema.announcement.c, schema.delivery.c
_subscription, _destination, _batch, _hit = (
    schema.subscription.c,
    schema.destination.c,
    schema.batch.c,
    schema.hit.c,
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Made:
    """One text as it is kept; `body` is empty when it is of no use to a reader."""

    language: Language
    field: str
    maker: str
    prompt: str
    hash: str
    body: str
    flaws: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that readers wait for, and how many of them read Chinese, or English."""

    version: Version
    chinese: int
    english: int


class Titled(NamedTuple):
    """A title in Chinese, and whether the Chinese texts that there are of the paper were matched."""

    title: str = ""
    is_matched: bool = True


class Texts:
    """The room of texts, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def carry(self, summaries: Iterable[Summary], now: datetime) -> None:
        """Keep texts that a source has brought."""
        await self._add([((one.paper_id, one.version), made) for one in summaries for made in _carried(one)], now)

    async def add(self, version: Version, made: Sequence[Made], now: datetime) -> None:
        """Keep texts; those that the same maker has made of the same before stay as they are."""
        # A paper may have got its right version while they were made: then they are made again for that.
        is_there = exists().where(schema.paper.c.id == version[0], schema.paper.c.version == version[1])
        if (await self._connection.execute(select(is_there))).scalar_one():
            await self._add([(version, one) for one in made], now)

    async def _add(self, made: Sequence[tuple[Version, Made]], now: datetime) -> None:
        rows = [
            {
                "paper_id": version[0],
                "version": version[1],
                "language": one.language.value,
                "field": one.field,
                "maker": one.maker,
                "prompt": one.prompt,
                "hash": one.hash,
                "body": one.body,
                "flaws": one.flaws,
                "made_at": now,
                "is_matched": not one.body or one.language is Language.EN,
            }
            for version, one in made
        ]
        if rows:
            statement = insert(self._connection, schema.text_)
            # A text that had flaws may be made again, with the reason: the newer one counts.
            newer = {name: statement.excluded[name] for name in ("body", "flaws", "made_at", "is_matched")}
            key = ["paper_id", "version", "language", "field", "maker", "prompt", "hash"]
            await self._connection.execute(
                statement.on_conflict_do_update(index_elements=key, set_=newer, where=_text.flaws != ""), rows
            )

    async def best(self, versions: Collection[Version], language: Language) -> dict[Version, Summary]:
        """The best text of each field in one language, as far as there are any, and who made them."""
        return (await self.best_in(versions, language))[language]

    async def best_in(
        self, versions: Collection[Version], *languages: Language
    ) -> dict[Language, dict[Version, Summary]]:
        """The same in several languages."""
        found: dict[Language, dict[Version, Summary]] = {one: {} for one in languages}
        is_one = _text.language.in_([one.value for one in languages])
        for version, rows in (await self._rows(versions, is_one, _text.body != "")).items():
            chosen: dict[Language, dict[str, Any]] = {}
            for row in sorted(rows, key=_rank):
                chosen.setdefault(Language(row.language), {}).setdefault(row.field, row)
            for language, some in chosen.items():
                found[language][version] = _summary(version, language, some)
        return found

    async def titles(self, papers: Collection[int]) -> dict[int, Titled]:
        """The best Chinese titles of papers by their numbers, as far as there are any."""
        body = case((_text.field == "title", _text.body), else_="").label("body")
        rows = await self._connection.execute(
            select(_paper.n, body, _text.maker, _text.flaws, _text.made_at, _text.is_matched)
            .join_from(
                schema.paper, schema.text_, and_(_text.paper_id == _paper.id, _text.version == _paper.version)
            )
            .where(
                among(_paper.n, papers),
                _text.language == Language.ZH.value,
                _text.body != "",
                or_(_text.field == "title", _text.is_matched.is_(False)),
            )
        )
        found: dict[int, Titled] = {}
        for n, title, *_, is_matched in sorted(rows, key=_rank):
            before = found.get(n, Titled())
            found[n] = Titled(before.title or title, before.is_matched and is_matched)
        return found

    async def state(self, day: date) -> tuple[int, datetime | None]:
        """How many texts the papers of an announcement date have, and when the last one was made."""
        rows = await self._connection.execute(
            select(func.count(), func.max(_text.made_at))
            .join_from(
                schema.announcement,
                schema.text_,
                and_(_text.paper_id == _announced.paper_id, _text.version == _announced.version),
            )
            .where(_announced.date == day)
        )
        count, last = rows.one()
        return count, last

    async def lacking_on(self, dates: Collection[date]) -> list[Version]:
        """The papers of these announcement dates whose Chinese abstract was not tried yet."""
        tried = exists().where(
            _text.paper_id == _announced.paper_id,
            _text.version == _announced.version,
            _text.language == Language.ZH.value,
            _text.field == "abstract",
        )
        rows = await self._connection.execute(
            select(_announced.paper_id, _announced.version)
            .distinct()
            .where(_announced.date.in_(dates), ~tried)
            .order_by(_announced.paper_id, _announced.version)
        )
        return [(row.paper_id, row.version) for row in rows]

    async def counts(self, since: date) -> dict[date, int]:
        """How many papers with a Chinese title were announced on each date since one."""
        rows = await self._connection.execute(
            select(_announced.date, func.count(_announced.paper_id.distinct()))
            .join_from(
                schema.announcement,
                schema.text_,
                and_(_text.paper_id == _announced.paper_id, _text.version == _announced.version),
            )
            .where(
                _announced.date >= since,
                _text.language == Language.ZH.value,
                _text.field == "title",
                _text.body != "",
            )
            .group_by(_announced.date)
        )
        return {row[0]: row[1] for row in rows}

    async def made(self, versions: Collection[Version]) -> dict[Version, list[Made]]:
        """Every text of these versions, the useless ones too."""
        rows = await self._rows(versions)
        return {
            version: [
                Made(Language(row.language), row.field, row.maker, row.prompt, row.hash, row.body, row.flaws)
                for row in each
            ]
            for version, each in rows.items()
        }

    async def _rows(
        self, versions: Collection[Version], *conditions: Any, columns: Sequence[Any] = (schema.text_,)
    ) -> dict[Version, list[Any]]:
        found: dict[Version, list[Any]] = {}
        for keys in _chunks(list(versions)):
            rows = await self._connection.execute(
                select(*columns).where(is_one_of(_text.paper_id, _text.version, keys), *conditions)
            )
            for row in rows:
                found.setdefault((row.paper_id, row.version), []).append(row)
        return found

    async def wanted(self, since: date) -> list[Wanted]:
        """The papers of coming digests, those with most readers of Chinese first, then the newest.

        That are those that come to a subscription, and those that were sent without their texts.
        """
        readers = await self._coming(since)
        await self._lacking(since, readers)
        found: list[tuple[date, Wanted]] = []
        for keys in _chunks(sorted(readers)):
            rows = await self._connection.execute(
                select(_paper.n, _paper.id, _paper.version, func.max(_announced.date))
                .join_from(
                    schema.paper,
                    schema.announcement,
                    and_(_announced.paper_id == _paper.id, _announced.version == _paper.version),
                )
                .where(_paper.n.in_(keys))
                .group_by(_paper.n, _paper.id, _paper.version)
                .having(func.max(_announced.date) >= since)
            )
            found += [(row[3], Wanted((row.id, row.version), *readers[row.n])) for row in rows]
        found.sort(key=lambda one: one[1].version)
        found.sort(key=lambda one: (one[1].chinese, one[0]), reverse=True)
        return [one for _, one in found]

    async def _coming(self, since: date) -> dict[int, list[int]]:
        """Of papers in recent batches, how many subscriptions they still come to in Chinese, and in English."""
        asking: dict[int, list[tuple[int, str, int]]] = {}
        for query, *one in await self._connection.execute(
            select(_subscription.query_id, _subscription.through, _destination.language, func.count())
            .join_from(schema.subscription, schema.destination, _destination.id == _subscription.destination_id)
            .where(_subscription.paused.is_(False), _destination.paused == "")
            .group_by(_subscription.query_id, _subscription.through, _destination.language)
        ):
            asking.setdefault(query, []).append((one[0], one[1], one[2]))
        opened = datetime.combine(since, time(), UTC)
        batches = await self._connection.execute(
            select(_batch.id, _batch.papers)
            .where(_batch.opened_at >= opened, _batch.published_at.is_not(None), _batch.kind == "day")
            .order_by(_batch.id)
        )
        readers: dict[int, list[int]] = {}
        for batch, packed in list(batches):
            papers = unpack(packed)
            for n in papers:  # it is the last one that counts
                readers.pop(n, None)
            hits = select(_hit.query, _hit.papers).where(_hit.batch == batch)
            async for hit in in_pieces(self._connection, hits):
                waiting = [one for one in asking.get(hit.query, ()) if one[0] < batch]
                for destination in unpack(hit.papers) if waiting else ():
                    for _, language, count in waiting:
                        _count(readers, papers[destination], language, count)
        return readers

    async def _lacking(self, since: date, readers: dict[int, list[int]]) -> None:
        """Count who waits for the texts of a digest that was sent, or is on its way."""
        rows = await self._connection.execute(
            select(_delivery.papers, _delivery.shown, _destination.language)
            .join_from(schema.delivery, schema.destination, _destination.id == _delivery.destination_id)
            .where(
                _delivery.papers.is_not(None),
                or_(
                    schema.is_on_its_way,
                    and_(_delivery.lacks.is_(True), _delivery.created_at >= datetime.combine(since, time(), UTC)),
                ),
                _destination.paused == "",
            )
        )
        for row in rows:
            for n in unpack(row.papers)[: row.shown]:
                _count(readers, n, row.language, 1)

    async def came(self, since: datetime) -> dict[int, datetime]:
        """The papers of which Chinese texts were made since an instant, and when that was last."""
        rows = await self._connection.execute(
            select(_paper.n, func.max(_text.made_at))
            .join_from(
                schema.text_, schema.paper, and_(_text.paper_id == _paper.id, _text.version == _paper.version)
            )
            .where(_text.made_at >= since, _text.language == Language.ZH.value, _text.body != "")
            .group_by(_paper.n)
        )
        return {row[0]: row[1] for row in rows}

    async def lacking(self, papers: Collection[int], *, is_over: bool = True) -> set[int]:
        """Which of these papers lack a Chinese abstract; with `is_over`, only those that were not tried."""
        found = set(papers)
        keys = sorted(papers)
        for start in range(0, len(keys), _CHUNK):
            rows = await self._connection.execute(
                select(_paper.n)
                .join_from(
                    schema.paper,
                    schema.text_,
                    and_(_text.paper_id == _paper.id, _text.version == _paper.version),
                )
                .where(
                    _paper.n.in_(keys[start : start + _CHUNK]),
                    _text.language == Language.ZH.value,
                    _text.field == "abstract",
                    true() if is_over else _text.body != "",
                )
            )
            found.difference_update(rows.scalars())
        return found


def _carried(one: Summary) -> Iterator[Made]:
    """What a source has brought, text by text."""
    for field, body in (("title", one.title), ("one_line", one.one_line), ("abstract", one.abstract)):
        if body:
            yield Made(one.language, field, one.provenance, "", "", body, one.flaws)


def _rank(row: Any) -> tuple[bool, int, datetime]:
    kind = row.maker.partition(":")[0]
    return row.flaws != "", _KINDS.index(kind) if kind in _KINDS else len(_KINDS), row.made_at


def _summary(version: Version, language: Language, chosen: dict[str, Any]) -> Summary:
    rows = [chosen[field] for field in _FIELDS if field in chosen]
    found = Summary(
        *version,
        language,
        provenance=", ".join(dict.fromkeys(row.maker for row in rows if row.maker)),
        flaws=", ".join(dict.fromkeys(row.flaws for row in rows if row.flaws)),
    )
    return replace(found, **{row.field: row.body for row in rows})


def _count(readers: dict[int, list[int]], paper: int, language: str, count: int) -> None:
    """Count readers of a paper: of Chinese, of English, or of both."""
    both = readers.setdefault(paper, [0, 0])
    both[0] += count * (language != Language.EN.value)
    both[1] += count * (not language.startswith(Language.ZH.value))


def _chunks(keys: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
