"""Rows of versions of papers, found by their ids: one parameter, however many they are."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator

Version = tuple[str, int]
"""A paper's id and version."""


def is_one_of(
    paper_id: ColumnElement[str], version: ColumnElement[int], versions: Collection[Version]
) -> ColumnElement[bool]:
    """Whether a row is of one of these versions.

    SQLite uses no index for a list of row values, and would read the whole table; for rows of a query it does.
    """
    return _IsOneOf(paper_id, version, bindparam(None, versions, _Versions, unique=True))


class _Versions(TypeDecorator[Collection[Version]]):
    """Versions as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[Version] | None, dialect: Dialect) -> str:
        return json.dumps(sorted(value or ()))


class _IsOneOf(FunctionElement[Any]):
    """Whether two columns are a row of a table of versions."""

    type = NullType()  # with a boolean SQLite would be asked whether it is 1, and use no index
    inherit_cache = True


@compiles(_IsOneOf)
def _of_elements(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    paper_id, version, versions = (compiler.process(one, **options) for one in element.clauses)
    rows = f"SELECT one->>0, (one->>1)::integer FROM json_array_elements(CAST({versions} AS json)) AS one"  # noqa: S608
    return f"({paper_id}, {version}) IN ({rows})"


@compiles(_IsOneOf, "sqlite")
def _of_json(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    """As https://www.sqlite.org/json1.html#jeach."""
    paper_id, version, versions = (compiler.process(one, **options) for one in element.clauses)
    rows = f"SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each({versions})"  # noqa: S608
    return f"({paper_id}, {version}) IN ({rows})"
