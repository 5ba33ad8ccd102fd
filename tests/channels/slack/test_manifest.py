"""The manifest is one that Slack takes, and asks for what the code uses."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from bot.channels.slack.manifest import SCOPES
from bot.cli import sudi
from bot.errors import SettingsError

REDIRECT = "https://papers.example.org/slack/oauth_redirect"
URL = "https://papers.example.org/slack/events"


def printed(*options: str) -> dict:
    done = CliRunner().invoke(sudi, ["slack", "manifest", *options])
    assert done.exit_code == 0, done.output
    return yaml.safe_load(done.output)


@pytest.mark.parametrize("options", [[], ["--url", URL], ["--redirect", REDIRECT]])
def test_what_is_printed_is_valid_by_slacks_own_schema(samples, options):
    schema = json.loads((samples / "schemas" / "slack_manifest_schema_2.0.0.json").read_text("utf-8"))
    jsonschema.validate(printed(*options), schema)


def test_it_is_for_socket_mode_unless_there_is_an_address():
    assert printed()["settings"]["socket_mode_enabled"] is True
    assert URL not in json.dumps(printed())
    by_http = printed("--url", URL)
    assert by_http["settings"]["socket_mode_enabled"] is False
    assert json.dumps(by_http).count(URL) == 3


def test_an_app_for_several_workspaces_names_where_they_come_back_to():
    assert printed("--redirect", REDIRECT)["oauth_config"]["redirect_urls"] == [REDIRECT]
    assert "redirect_urls" not in printed()["oauth_config"]


@pytest.mark.parametrize("option", ["--url", "--redirect"])
@pytest.mark.parametrize("address", ["nonsense", "http://x.test/slack/events", "https://papers.example.org"])
def test_an_address_to_which_nothing_would_come_is_refused(option, address):
    done = CliRunner().invoke(sudi, ["slack", "manifest", option, address])
    assert isinstance(done.exception, SettingsError)
    assert re.search(f"{option}: must be https://.*/slack/", str(done.exception))


def test_it_asks_for_the_scopes_of_the_methods_that_are_called():
    assert printed()["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    needed = {
        "chat:write", "commands", "app_mentions:read", "im:history", "channels:history", "groups:history",
        "channels:read", "groups:read", "im:write", "users:read",
    }  # fmt: skip
    assert needed <= set(SCOPES)


def test_the_command_and_the_lengths_are_those_of_slack():
    made = printed()
    (command,) = made["features"]["slash_commands"]
    assert command["command"] == "/papers"
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
