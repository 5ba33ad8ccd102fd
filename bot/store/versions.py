"""Rows of versions of papers, found by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, tuple_

Version = tuple[str, int]
"""A paper's id and version."""


def is_one_of(
    paper_id: ColumnElement[str], version: ColumnElement[int], versions: Sequence[Version]
) -> ColumnElement[bool]:
    """Whether a row is of one of these versions.

    SQLite uses no index for a list of row values, and would read the whole table: the ids come first.
    """
    ids = sorted({one for one, _ in versions})
    return and_(paper_id.in_(_list(ids)), tuple_(paper_id, version).in_(_list(list(versions))))


def _list(values: list[Any]) -> BindParameter[Any]:
    """Values as one parameter: SQLAlchemy looks at each of a plain list."""
    return bindparam(None, values, unique=True, expanding=True)
