"""Rows that are inserted together are what each would be by itself, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.exc import DataError

from bot.store import Store, schema
from bot.store.upsert import insert_new
from tests.fakes import MORNING, rows

ODD = ["", "a, b", '"q"', "\\", "{}", "{a,b}", "NULL", "null", "潮汐 𝔽", "a\nb", "'; DROP TABLE paper; --"]


def of_paper(number: int, **fields: Any) -> dict[str, Any]:
    plain = {
        "id": f"2606.{number}",
        "version": 1,
        "title": "On Tides",
        "authors": ["Wen Shuyi"],
        "abstract": "Low.",
    }
    return plain | {"categories": ("cs.LG",), "is_version_known": True, "n": number} | fields


def of_batch(number: int, **fields: Any) -> dict[str, Any]:
    plain = {"id": number, "kind": "day", "before": None, "opened_at": MORNING, "published_at": None}
    return plain | {"papers": b""} | fields


async def inserted(store: Store, table: Table, *some: dict[str, Any]) -> list[dict[str, Any]]:
    async with store.write() as tx:
        await insert_new(tx.connection, table, some)
    return [{name: row._mapping[name] for name in some[0]} for row in await rows(store, table)] if some else []


async def test_lists_of_any_length_odd_texts_and_bytes_come_back_as_they_were(store):
    papers = [
        of_paper(1, authors=tuple(ODD), title=ODD[4]),
        of_paper(2, authors=(), title=ODD[5], is_version_known=False),
    ]
    assert await inserted(store, schema.paper, *papers) == papers


async def test_bytes_and_what_has_no_value_come_back_as_they_were(store):
    later = MORNING + timedelta(hours=1)
    batches = [of_batch(n, papers=some) for n, some in enumerate([b"", b"\x00\\\xff", b'{,}"'])]
    batches.append(of_batch(9, before=later, published_at=later))
    assert await inserted(store, schema.batch, *batches) == batches


async def test_rows_that_are_there_stay_and_of_twins_the_first_counts(store):
    await inserted(store, schema.batch, of_batch(1))
    again = [of_batch(1, kind="text"), of_batch(2), of_batch(2, kind="text")]
    assert await inserted(store, schema.batch, *again) == [of_batch(1), of_batch(2)]
    assert await inserted(store, schema.batch) == []


async def test_a_text_that_is_too_long_for_postgresql_is_refused_and_not_cut(migrated_url):
    store = Store.open(migrated_url)
    with pytest.raises(DataError):
        await inserted(store, schema.batch, of_batch(1, kind="texts"))
    assert await rows(store, schema.batch) == []
    await store.close()
