"""Rows of versions of papers, found by their ids."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, tuple_

Version = tuple[str, int]
"""A paper's id and version."""


def is_one_of(
    paper_id: ColumnElement[str], version: ColumnElement[int], versions: Sequence[Version]
) -> ColumnElement[bool]:
    """Whether a row is of one of these versions.

    SQLite uses no index for a list of row values, and would read the whole table: the ids come first.
    """
    ids = sorted({one for one, _ in versions})
    return and_(paper_id.in_(ids), tuple_(paper_id, version).in_(versions))
