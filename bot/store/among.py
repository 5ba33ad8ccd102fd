"""Whether a row has one of many numbers or texts, which are one parameter however many they are.

A list of parameters makes another statement of each length: to write and read it takes longer than to answer.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Dialect, Integer, String, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

_T = TypeVar("_T", int, str)


def among(column: ColumnElement[_T], values: Collection[_T] | str) -> ColumnElement[bool]:
    """Whether a column has one of these values; a text is the name of the parameter that they will be."""
    kind = _Values(is_text=isinstance(column.type, String))
    if isinstance(values, str):
        return _Among(column, bindparam(values, type_=kind))
    return _Among(column, bindparam(None, values, kind, unique=True))


class _Values(TypeDecorator[Collection[Any]]):
    """Numbers or texts as PostgreSQL takes them, or as JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, *, is_text: bool = False) -> None:
        super().__init__()
        self.is_text = is_text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        array = ARRAY(Text() if self.is_text else Integer())
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else array)

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        values = sorted(value or ())
        return json.dumps(values) if dialect.name == "sqlite" else values


class _Among(FunctionElement[Any]):
    """A column and values."""

    type = NullType()  # of a Boolean, SQLite is asked whether it is 1, and then looks at every row
    inherit_cache = True


@compiles(_Among)
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    """As https://www.sqlite.org/json1.html#jeach."""
    column, values = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608
