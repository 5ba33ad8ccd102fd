"""What a process of several does, and which works go with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from bot.supervision import Work


class Role(StrEnum):
    """What a process does."""

    WORKER = "worker"  # delivers, and has texts made
    GATEWAY = "gateway"  # listens where one connection hears everything; one process at a time
    WEB = "web"  # pages, health, and Slack over HTTP
    INGEST = "ingest"  # reads and matches: the only one with compiled queries


ALL_ROLES = frozenset(Role)


def role_of(work: str) -> Role:
    """Which role a work belongs to."""
    return Role.INGEST if work in ("read", "match") else Role.WORKER


def of_roles(works: Mapping[str, Work], roles: Collection[Role]) -> dict[str, Work]:
    """The works of some roles."""
    return {name: work for name, work in works.items() if role_of(name) in roles}
