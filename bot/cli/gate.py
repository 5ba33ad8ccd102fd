"""`sudi gate`: which Chinese texts of a saved page may be shown."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import click

from bot.cli.rehearse import FROM, listing_of
from bot.cli.service import settings_and_logs
from bot.errors import SettingsError
from bot.model import Paper, Summary
from bot.settings import Settings
from bot.store.versions import Version
from bot.summaries.comparison import compared
from bot.summaries.gate import Failure, failures
from bot.summaries.makers import chain


@click.command()
@FROM
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: id, pass, rules, failures.")
@click.option("--model", metavar="NAME", help="Have a model of OPENAI_MODEL make them, beside the page's own.")
@click.option(
    "--papers", "most", type=click.IntRange(1, 10_000), default=30, show_default=True, help="With --model."
)
def gate(location: str, as_json: bool, model: str | None, most: int) -> None:  # click passes flags so
    """Judge the Chinese texts of a saved page, as they are: one line per paper, with the rules that failed.

    With --model, count what passes of a model's texts for the first papers of the page, and say what that costs.

    \b
    Example:
      sudi gate --from saved-page.txt
      sudi gate --from saved-page.txt --model qwen-plus --papers 30
    """
    settings = settings_and_logs()
    listing = asyncio.run(listing_of(settings, location))
    papers = {(one.paper.id, one.paper.version): one.paper for one in listing.announcements}
    if model is not None:
        chosen = dict(list(papers.items())[:most])
        asyncio.run(_compare(settings, model, chosen, listing.summaries))
        return
    judged = [(one.paper_id, failures(papers[one.paper_id, one.version], one)) for one in listing.summaries]
    for id_, found in judged:
        sys.stdout.write((_row(id_, found) if as_json else _line(id_, found)) + "\n")
    passed = sum(not found for _, found in judged)
    without = len(papers) - len(judged)
    click.echo(f"{passed} of {len(judged)} pass" + (f"; {without} have no Chinese" if without else ""), err=True)


async def _compare(
    settings: Settings, model: str, papers: Mapping[Version, Paper], summaries: Sequence[Summary]
) -> None:
    """Print how many papers pass with a model's texts and with the page's own, rule by rule, and the cost."""
    try:
        found = chain(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    try:
        names = {maker.name.partition(":")[2]: maker for maker in found.makers}
        if model not in names:
            raise click.UsageError(f"no model {model}; there are: {', '.join(names) or 'none, see OPENAI_MODEL'}")
        made = await compared(names[model], list(papers.values()), found.at_once)
    finally:
        await found.close()
    own = [failures(papers[key], one) for one in summaries if (key := (one.paper_id, one.version)) in papers]
    rules = Counter(rule for each in own for rule in {one.rule for one in each})
    for line in made.lines():
        click.echo(f"{model}: {line}")
    click.echo(f"the page: {sum(not each for each in own)} of {len(own)} papers pass")
    for rule, count in sorted(rules.items()):
        click.echo(f"the page: {rule:<14} {count}")


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
