"""What operators are told and given exists, and says what the program does."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from bot.cli import sudi
from bot.engine.roles import Role
from bot.engine.works import GRACE_SECONDS
from bot.errors import CONFIGURE, TRY_AGAIN
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in (*DEPLOY.iterdir(), ROOT / "Procfile"))


def services(name: str) -> dict[str, Any]:
    """The services of a compose file, with what they share written out."""
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))["services"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_and_setting_that_is_named_exists(path):
    text = path.read_text("utf-8")
    for name in re.findall(r"(?:`|/|: |\[\")sudi(?:\", \"| )([a-z]+)", text):
        assert CliRunner().invoke(sudi, [name, "--help"]).exit_code == 0, name
    known = {name.upper() for name in Settings.model_fields} | {
        f"{name.upper()}_FILE" for name in Settings.model_fields
    }
    ours = re.findall(r"\b(?:BOT|SLACK|SMTP|DISCORD|DATABASE|MODELS)_[A-Z_]+\b", text)
    assert set(ours) <= known


def test_the_unit_does_not_start_again_what_has_to_be_configured():
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "sudi.service")
    service = unit["Service"]
    assert service["RestartPreventExitStatus"] == str(CONFIGURE)
    assert service["Restart"] == "on-failure"
    assert int(service["TimeoutStopSec"]) > GRACE_SECONDS


def test_the_container_runs_as_nobody_in_particular_and_keeps_its_data_on_a_volume():
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    assert "USER sudi" in lines
    assert "VOLUME /data" in lines
    assert any(line.startswith("HEALTHCHECK") and line.endswith('CMD ["sudi", "health"]') for line in lines)
    (service,) = services("compose.yaml").values()
    assert service["volumes"] == ["data:/data"]
    assert int(service["stop_grace_period"].rstrip("s")) > GRACE_SECONDS


def test_on_postgresql_each_role_has_a_process_that_starts_once_the_database_is_migrated():
    found = services("compose.postgres.yaml")
    runs = {name: one["command"] for name, one in found.items() if one.get("command", [])[:2] == ["sudi", "run"]}
    assert runs == {str(role): ["sudi", "run", "--role", str(role)] for role in Role}
    for name in runs:
        assert found[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert found[name]["environment"]["DATABASE_URL"].startswith("postgresql://")
        assert int(found[name]["stop_grace_period"].rstrip("s")) > GRACE_SECONDS


def test_the_handbook_has_the_exit_codes():
    text = (DEPLOY / "README.md").read_text("utf-8")
    assert f"| {TRY_AGAIN} | try again" in text
    assert f"| {CONFIGURE} | configure" in text


def test_the_links_of_the_handbook_are_there():
    for path in re.findall(r"\]\((?!https?:|#)([^)]+)\)", (DEPLOY / "README.md").read_text("utf-8")):
        assert (DEPLOY / path).exists(), path


def test_hosts_that_read_the_procfile_install_what_its_processes_need():
    """One list of packages alone: https://devcenter.heroku.com/articles/slug-compiler#slugignore"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (line,) = [
        one for one in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if not one.startswith("#")
    ]
    extras = set(line.removeprefix(".[").removesuffix("]").split(","))
    assert {"postgres", "email"} <= extras <= set(project["optional-dependencies"])
    assert "uv.lock" in (ROOT / ".slugignore").read_text("utf-8").splitlines()
