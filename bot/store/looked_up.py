"""A value of another table, looked up row by row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select


def looked_up(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """The value where these hold, NULL where they hold nowhere.

    PostgreSQL turns a join or an EXISTS into a look at all of a table, where its statistics know of few rows.
    """
    return select(column).where(*conditions).limit(1).scalar_subquery()
