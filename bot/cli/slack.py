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
        module = importlib.import_module("bot.channels.slack.manifest")
    except ModuleNotFoundError as error:
        raise SettingsError([f"Slack needs the package {error.name}: pip install 'sudi[slack]'"]) from None
    asked = (("--url", url, module.EVENTS_PATH), ("--redirect", redirect, module.REDIRECT_PATH))
    faults = [
        f"{option}: must be https:// and end with {path} (for example: {option} https://papers.example.org{path})"
        for option, address, path in asked
        if address and not (address.startswith("https://") and address.endswith(path))
    ]
    if faults:
        raise SettingsError(faults)
    sys.stdout.write(_yaml(module.manifest(url, redirect)))


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
