"""Texts made for papers, one row for each text and who made it: nothing is made, or paid for, twice.

A text that was of no use is a row too, with an empty body and what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Language, Summary
from bot.store import schema
from bot.store.upsert import insert

Version = tuple[str, int]
"""A paper's id and version."""

_CHUNK = 400
_FIELDS = ("title", "one_line", "abstract")
_KINDS = ("arxivdaily", "llm", "mt")
"""Makers from best to worst; what is not here comes after them."""

_text, _match, _item, _delivery = schema.text_.c, schema.match.c, schema.item.c, schema.delivery.c
_subscription, _destination = schema.subscription.c, schema.destination.c


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


class Texts:
    """The room of texts, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def carry(self, summaries: Iterable[Summary], now: datetime) -> None:
        """Keep texts that a source has brought; whoever brings them sees to it that they are matched."""
        for one in summaries:
            bodies = {"title": one.title, "one_line": one.one_line, "abstract": one.abstract}
            made = [
                Made(one.language, field, one.provenance, "", "", body, one.flaws)
                for field, body in bodies.items()
                if body
            ]
            await self.add((one.paper_id, one.version), made, now, is_matched=True)

    async def add(
        self, version: Version, made: Sequence[Made], now: datetime, *, is_matched: bool = False
    ) -> None:
        """Keep texts; those that the same maker has made of the same before stay as they are."""
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
                "is_matched": is_matched or not one.body or one.language is Language.EN,
            }
            for one in made
        ]
        # A paper may have got its right version while they were made: then they are made again for that.
        is_there = exists().where(schema.paper.c.id == version[0], schema.paper.c.version == version[1])
        if rows and (await self._connection.execute(select(is_there))).scalar_one():
            statement = insert(self._connection, schema.text_)
            # A text that had flaws may be made again, with the reason: the newer one counts.
            newer = {name: statement.excluded[name] for name in ("body", "flaws", "made_at", "is_matched")}
            key = ["paper_id", "version", "language", "field", "maker", "prompt", "hash"]
            await self._connection.execute(
                statement.on_conflict_do_update(index_elements=key, set_=newer, where=_text.flaws != ""), rows
            )

    async def best(self, versions: Collection[Version], language: Language) -> dict[Version, Summary]:
        """The best text of each field in one language, as far as there are any, and who made them."""
        found: dict[Version, dict[str, Any]] = {}
        for version, rows in (
            await self._rows(versions, _text.language == language.value, _text.body != "")
        ).items():
            chosen: dict[str, Any] = {}
            for row in sorted(rows, key=_rank):
                chosen.setdefault(row.field, row)
            found[version] = chosen
        return {version: _summary(version, language, chosen) for version, chosen in found.items()}

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

    async def _rows(self, versions: Collection[Version], *conditions: Any) -> dict[Version, list[Any]]:
        found: dict[Version, list[Any]] = {}
        for keys in _chunks(list(versions)):
            rows = await self._connection.execute(
                select(schema.text_).where(tuple_(_text.paper_id, _text.version).in_(keys), *conditions)
            )
            for row in rows:
                found.setdefault((row.paper_id, row.version), []).append(row)
        return found

    async def wanted(self, since: date) -> list[Wanted]:
        """The papers that somebody will read, those with most readers of Chinese first, then the newest."""
        sent = (
            exists()
            .where(
                _item.destination_id == _destination.id,
                _item.paper_id == _match.paper_id,
                _item.version >= _match.version,
                _item.delivery_id == _delivery.id,
                _delivery.state.in_(["sent", "dead"]),
                _delivery.lacks.is_(False),
            )
            .correlate(schema.match, schema.destination)
        )
        reads_chinese = _destination.language != Language.EN.value
        reads_english = ~_destination.language.startswith(Language.ZH.value)
        chinese = func.count(case((reads_chinese, _destination.id)).distinct())
        rows = await self._connection.execute(
            select(
                _match.paper_id,
                _match.version,
                chinese.label("chinese"),
                func.count(case((reads_english, _destination.id)).distinct()).label("english"),
            )
            .join_from(schema.match, schema.subscription, _subscription.id == _match.subscription_id)
            .join(schema.destination, _destination.id == _subscription.destination_id)
            .where(_match.date >= since, _subscription.paused.is_(False), _destination.paused == "", ~sent)
            .group_by(_match.paper_id, _match.version)
            .order_by(chinese.desc(), func.max(_match.date).desc(), _match.paper_id)
        )
        return [Wanted((row.paper_id, row.version), row.chinese, row.english) for row in rows]

    async def unmatched(self, most: int) -> list[Version]:
        """Versions of which Chinese texts have come, and nobody has looked yet whom they concern."""
        rows = await self._connection.execute(
            select(_text.paper_id, _text.version).where(_text.is_matched.is_(False)).distinct().limit(most)
        )
        return [(row.paper_id, row.version) for row in rows]

    async def matched(self, versions: Collection[Version]) -> None:
        """Somebody has looked."""
        for keys in _chunks(list(versions)):
            await self._connection.execute(
                schema.text_.update()
                .where(tuple_(_text.paper_id, _text.version).in_(keys))
                .values(is_matched=True)
            )

    async def wait(self, due: datetime, until: datetime) -> int:
        """Let deliveries of this slot that lack a Chinese abstract wait for it; how many that are."""
        waiting = await self._connection.execute(
            schema.delivery.update()
            .where(*_is_fresh(), _delivery.slot_due == due, _delivery.due_at < until, _lacks_chinese(is_over=True))
            .values(due_at=until)
        )
        return waiting.rowcount

    async def go(self, now: datetime, *, complete: bool = True, is_over: bool = False) -> int:
        """Let deliveries go that waited for texts: the complete ones, or all; how many that are.

        While texts are being made, one that was refused may still be mended, so that a delivery is not complete
        without it; when the work `is_over`, it is.
        """
        conditions = [~_lacks_chinese(is_over=is_over)] if complete else []
        gone = await self._connection.execute(
            schema.delivery.update().where(*_is_fresh(), _delivery.due_at > now, *conditions).values(due_at=now)
        )
        return gone.rowcount


def _is_fresh() -> tuple[Any, ...]:
    return _delivery.state == "ready", _delivery.attempts == 0


def _lacks_chinese(*, is_over: bool) -> Any:
    """That a delivery for a reader of Chinese lacks an abstract; when all `is_over`, one that nobody has tried."""
    has_text = exists().where(
        true() if is_over else _text.body != "",
        _text.paper_id == _item.paper_id,
        _text.version == _item.version,
        _text.language == Language.ZH.value,
        _text.field == "abstract",
    )
    reader = exists().where(
        _destination.id == _delivery.destination_id, _destination.language != Language.EN.value
    )
    lacking = exists().where(_item.delivery_id == _delivery.id, ~has_text.correlate(schema.item))
    return and_(reader.correlate(schema.delivery), lacking.correlate(schema.delivery))


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


def _chunks(keys: list[Version]) -> Iterator[list[Version]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
