"""`sudi gate`: which Chinese texts of a saved page may be shown."""

from __future__ import annotations

import asyncio
import json
import sys

import click

from bot.cli.rehearse import FROM, listing_of
from bot.cli.service import settings_and_logs
from bot.summaries.gate import Failure, failures


@click.command()
@FROM
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: id, pass, rules, failures.")
def gate(location: str, as_json: bool) -> None:  # click passes flags so
    """Judge the Chinese texts of a saved page, as they are: one line per paper, with the rules that failed.

    \b
    Example:
      sudi gate --from saved-page.txt
    """
    listing = asyncio.run(listing_of(settings_and_logs(), location))
    papers = {(one.paper.id, one.paper.version): one.paper for one in listing.announcements}
    judged = [(one.paper_id, failures(papers[one.paper_id, one.version], one)) for one in listing.summaries]
    for id_, found in judged:
        sys.stdout.write((_row(id_, found) if as_json else _line(id_, found)) + "\n")
    passed = sum(not found for _, found in judged)
    without = len(papers) - len(judged)
    click.echo(f"{passed} of {len(judged)} pass" + (f"; {without} have no Chinese" if without else ""), err=True)


def _line(id_: str, found: tuple[Failure, ...]) -> str:
    rules = [f"{one.field}: {one.rule} ({one.detail})" for one in found]
    return f"{id_}  {'; '.join(rules) or 'pass'}"


def _row(id_: str, found: tuple[Failure, ...]) -> str:
    row = {
        "id": id_,
        "pass": not found,
        "rules": list(dict.fromkeys(one.rule for one in found)),
        "failures": [{"rule": one.rule, "field": one.field, "detail": one.detail} for one in found],
    }
    return json.dumps(row, ensure_ascii=False)
