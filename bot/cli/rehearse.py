"""Rehearsals on a saved feed or page: what a query matches, and exactly what would be sent."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping

import click
from pydantic import SecretStr

from bot import channels
from bot.cli.service import settings_and_logs
from bot.commands.newcomers import defaults
from bot.digest import Digest, Report, cards, compose
from bot.errors import QueryError
from bot.locale import say
from bot.matching import Found, Prepared, candidates, is_wanted, prepare
from bot.matching import match as match_one
from bot.model import Coverage, Destination, Language, Listing, Match, Subscription
from bot.query import Query, parse
from bot.settings import Settings
from bot.sources.client import LocalPacer, PoliteClient
from bot.sources.files import listing_from
from bot.summaries.pages import fit

FROM = click.option("--from", "location", required=True, help="A saved feed or arXivDaily page: a path or a URL.")

_STAND_INS: Mapping[str, Mapping[str, object]] = {
    "slack": {"slack_bot_token": SecretStr("xoxb-rehearsal")},
    "discord": {"discord_token": SecretStr("rehearsal")},
    "email": {"smtp_url": SecretStr("smtp://localhost"), "smtp_from": "Sudi <papers@example.org>"},
    "apprise": {"apprise_config": SecretStr("json://localhost")},
}


@click.command()
@click.argument("query")
@FROM
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: id, announce_type, reasons.")
def match(query: str, location: str, as_json: bool) -> None:  # click passes flags so
    """Show what QUERY matches in a saved feed or page, revised papers included.

    \b
    Example:
      sudi match 'cs.LG "kv cache" -survey' --from saved-page.txt --json
    """
    settings = settings_and_logs()
    asked = _parsed(query)
    listing = fit(asyncio.run(listing_of(settings, location)))
    for prepared, found in _found(asked, listing):
        paper = prepared.candidate.paper
        reasons = [{"term": reason.term, "field": reason.field} for reason in found.reasons]
        if as_json:
            version = paper.version if paper.is_version_known else None
            row = {"id": paper.id, "version": version, "announce_type": found.type.value, "reasons": reasons}
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            why = ", ".join(f"{reason['term']} in {reason['field']}" for reason in reasons)
            sys.stdout.write(f"{paper.label}  {found.type.value:<13}  {paper.title}  ({why})\n")


@click.command()
@click.argument("query")
@FROM
@click.option("--channel", "name", default="console", show_default=True, help="Whose form to show.")
@click.option("--language", type=click.Choice([one.value for one in Language]), default="both", show_default=True)
def preview(query: str, location: str, name: str, language: str) -> None:
    """Print exactly what a reader of QUERY would be sent, and nothing else.

    \b
    Example:
      sudi preview 'cs.LG "kv cache"' --from saved-page.txt --channel email > mail.eml
    """
    settings = settings_and_logs()
    asked = _parsed(query)
    channel = channels.load(name, _rehearsed(name, settings))
    listing = fit(asyncio.run(listing_of(settings, location)))
    digest = _digest(asked, listing, Language(language), settings)
    bodies = channel.render(digest) if digest.cards else ()
    sys.stdout.write(channel.preview(bodies))
    if not bodies:
        sys.stderr.write(f"nothing matched: {asked}\n")


def _rehearsed(name: str, settings: Settings) -> Settings:
    """The settings, with stand-ins for what a channel wants and a rehearsal does not use."""
    missing = {key: value for key, value in _STAND_INS.get(name, {}).items() if not getattr(settings, key)}
    return settings.model_copy(update=missing)


def _parsed(query: str) -> Query:
    try:
        return parse(query)
    except QueryError as error:
        raise click.UsageError(say(error.key, "en", **error.values)) from None


async def listing_of(settings: Settings, location: str) -> Listing:
    """The listing of a saved page, unchanged."""
    client = PoliteClient.create(settings, LocalPacer())
    try:
        return await listing_from(location, client)
    finally:
        await client.close()


def _found(query: Query, listing: Listing) -> list[tuple[Prepared, Found]]:
    summaries = {(one.paper_id, one.version): one for one in listing.summaries}
    ready = map(prepare, candidates(listing.announcements, summaries))
    return [(one, found) for one in ready if (found := match_one(query, one))]


def _digest(query: Query, listing: Listing, language: Language, settings: Settings) -> Digest:
    """The digest of a reader who has asked this one thing and reads this one listing."""
    subscription = Subscription(1, 1, 1, str(query))
    address = settings.bot_contact or "reader@example.org"
    destination = Destination(1, "preview", address, language, defaults(settings).slot)
    found = [
        Match(1, one.candidate.paper.id, one.candidate.paper.version, one.candidate.date, hit.type, hit.reasons)
        for one, hit in _found(query, listing)
        if is_wanted(query, hit.type)
    ]
    papers = {(one.paper.id, one.paper.version): one.paper for one in listing.announcements}
    summaries = {(one.paper_id, one.version): one for one in listing.summaries}
    ranked = cards(found, papers, {1: subscription}, summaries)
    read, unread = len(listing.announcements), len(listing.unread)
    coverage = Coverage(listing.category, listing.date, read, listing.claimed, unread=unread)
    return compose("preview", destination, ranked, report=Report((coverage,)), cap=settings.bot_digest_cap)
