"""Who is talking: language, time zone, and whether they may change what a channel receives."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.slack.post import Clients
from bot.channels.slack.web import asked
from bot.errors import ChannelError
from bot.locale import spoken
from bot.model import Language

_FRESH = 300.0  # seconds for which an answer is believed
_MOST = 1_000  # people remembered

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SlackUser:
    """What Slack says of a person; an unknown person has no rights."""

    language: Language | None = None
    zone: str = ""
    is_member: bool = False  # a full member of the workspace, no guest and nobody from outside
    is_admin: bool = False  # and a full member


class People:
    """The people of the workspaces, as Slack knows them."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._known: dict[tuple[str, str], tuple[float, SlackUser]] = {}

    async def person(self, team: str, user: str) -> SlackUser:
        """One person; one of whom Slack says nothing may change nothing."""
        at, known = self._known.get((team, user), (0.0, SlackUser()))
        if at and time.monotonic() - at < _FRESH:
            return known
        try:
            answer = await asked((await self._clients(team)).users_info(user=user, include_locale=True))
        except ChannelError as error:
            log.warning("person_unknown channel=slack reason=%s", error.reason)
            return SlackUser()
        if len(self._known) >= _MOST:
            self._known.clear()
        person = _read(answer["user"], team)
        self._known[team, user] = (time.monotonic(), person)
        return person


def _read(user: Mapping[str, Any], team: str) -> SlackUser:
    guest = user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")
    locale = spoken(str(user.get("locale") or ""))
    is_member = not guest and not user.get("deleted") and _is_of(user, team)
    return SlackUser(
        language=Language(locale) if locale else None,
        zone=str(user.get("tz") or ""),
        is_member=is_member,
        is_admin=is_member and bool(user.get("is_admin") or user.get("is_owner")),
    )


def _is_of(user: Mapping[str, Any], team: str) -> bool:
    """Whether somebody belongs to a workspace. On Enterprise Grid `team_id` may be that of the organisation or of
    a sister workspace, and the list of workspaces decides: https://docs.slack.dev/reference/objects/user-object"""
    teams = (user.get("enterprise_user") or {}).get("teams")
    return team in teams if teams else user.get("team_id", team) == team
