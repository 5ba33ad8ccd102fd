"""Lists of texts in the database, as JSON: authors and categories, which are read again and again."""

from __future__ import annotations

import json
from functools import lru_cache


@lru_cache(maxsize=8192)
def decoded(written: str | bytes) -> tuple[str, ...]:
    """A list; it is shared by all that read it."""
    return tuple(json.loads(written))
