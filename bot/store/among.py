"""Whether a row has one of many numbers, which are one parameter however many they are.

A list of parameters makes another statement of each length: to write and read it takes longer than to answer.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Dialect, Integer, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


def among(column: ColumnElement[int], numbers: Collection[int] | str) -> ColumnElement[bool]:
    """Whether a column has one of these numbers; a text is the name of the parameter that they will be."""
    if isinstance(numbers, str):
        return column.bool_op("IN")(_Rows(bindparam(numbers, type_=_Numbers)))
    return column.bool_op("IN")(_Rows(bindparam(None, numbers, _Numbers, unique=True)))


class _Numbers(TypeDecorator[Collection[int]]):
    """Numbers as PostgreSQL takes them, or as JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Integer))

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        numbers = sorted(value or ())
        return json.dumps(numbers) if dialect.name == "sqlite" else numbers


class _Rows(FunctionElement[int]):
    """Numbers as the rows of a table."""

    type = Integer()
    inherit_cache = True


@compiles(_Rows)
def _of_array(element: _Rows, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}))"


@compiles(_Rows, "sqlite")
def _of_json(element: _Rows, compiler: SQLCompiler, **options: Any) -> str:
    """As https://www.sqlite.org/json1.html#jeach."""
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608
