"""Commands that help to set up Slack."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import click

from bot.errors import SettingsError


@click.group()
def slack() -> None:
    """Set up Slack.

    \b
    Example:
      sudi slack manifest
    """


@slack.command()
@click.option("--url", default="", help="The public address of /slack/events, for an app without Socket Mode.")
@click.option(
    "--redirect", default="", help="The public address of /slack/oauth_redirect, for several workspaces."
)
def manifest(url: str, redirect: str) -> None:
    """Print the manifest of the Slack app, ready to paste at https://api.slack.com/apps.

    \b
    Example:
      sudi slack manifest
    """
    try:
        made = importlib.import_module("bot.channels.slack.manifest").manifest(url, redirect)
    except ModuleNotFoundError as error:
        raise SettingsError([f"Slack needs the package {error.name}: pip install 'sudi[slack]'"]) from None
    sys.stdout.write(_yaml(made))


def _yaml(value: Any, indent: int = 0) -> str:
    """Mappings, lists and plain values as YAML; a JSON string is one of YAML's."""
    space = "  " * indent
    if isinstance(value, dict):
        return "".join(
            f"{space}{name}:\n{_yaml(one, indent + 1)}"
            if isinstance(one, dict | list)
            else f"{space}{name}: {json.dumps(one, ensure_ascii=False)}\n"
            for name, one in value.items()
        )
    return "".join(
        f"{space}-{_yaml(one, indent + 1)[2 * indent + 1 :]}" if isinstance(one, dict) else f"{space}- {one}\n"
        for one in value
    )
