"""`sudi models`: Chinese texts without a key, by a model on this machine."""

from __future__ import annotations

import asyncio
import sys

import click

from bot.cli.service import settings_and_logs
from bot.summaries import firefox


@click.group()
def models() -> None:
    """Fetch the model that translates on this machine.

    \b
    Example:
      sudi models pull zh
    """


@models.command()
@click.argument("language", default="zh")
def pull(language: str) -> None:
    """Fetch Firefox's model from English into LANGUAGE (zh), about 45 MB, and check it.

    \b
    Example:
      sudi models pull zh
    """
    settings = settings_and_logs()
    where = asyncio.run(firefox.pull(settings, language, _say))
    _say(f"{where} is ready: what it makes is labelled as machine translation")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
