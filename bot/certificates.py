"""Whom HTTPS trusts; the same for all who ask."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The authorities that httpx2 trusts: to read them takes it 20 ms for every client that it makes by itself."""
    return httpx2.create_ssl_context()
