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
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


def among(column: ColumnElement[int], numbers: Collection[int] | str) -> ColumnElement[bool]:
    """Whether a column has one of these numbers; a text is the name of the parameter that they will be."""
    if isinstance(numbers, str):
        return _Among(column, bindparam(numbers, type_=_Numbers))
    return _Among(column, bindparam(None, numbers, _Numbers, unique=True))


class _Numbers(TypeDecorator[Collection[int]]):
    """Numbers as PostgreSQL takes them, or as JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Integer))

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        numbers = sorted(value or ())
        return json.dumps(numbers) if dialect.name == "sqlite" else numbers


class _Among(FunctionElement[Any]):
    """A column and numbers."""

    type = NullType()  # of a Boolean, SQLite is asked whether it is 1, and then looks at every row
    inherit_cache = True


@compiles(_Among)
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({numbers})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    """As https://www.sqlite.org/json1.html#jeach."""
    column, numbers = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608
