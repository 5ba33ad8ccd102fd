"""`sudi init`: what is asked, tried and written, and the sample digest at its end."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from email import message_from_string, policy
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import sudi
from bot.cli.init import QUESTIONS, write
from bot.errors import SettingsError
from bot.settings import EXAMPLES, Settings, read
from tests import PATIENCE
from tests.counterparts.discord_payloads import guild
from tests.counterparts.discord_site import TOKEN
from tests.counterparts.slack_edge import APP_TOKEN, BOT_TOKEN, ML


@pytest.fixture(autouse=True)
def _an_empty_folder_and_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


async def init(*words: str) -> Result:
    """An unattended run: there is no terminal."""
    return await asyncio.to_thread(CliRunner().invoke, sudi, ["init", *words])


def test_every_question_is_a_setting_and_has_a_flag():
    asked = [one for some in QUESTIONS.values() for one in some]
    assert {one.setting for one in asked} <= set(EXAMPLES)
    flags = {name for option in sudi.commands["init"].params for name in option.opts}
    assert {one.flag for one in asked} <= flags


async def test_slack_is_tried_written_and_shown_a_sample(slack, monkeypatch, tmp_path):
    monkeypatch.setenv("SLACK_API_URL", slack.api)
    done = await init(
        "--channel", "slack", "--slack-bot-token", BOT_TOKEN, "--slack-app-token", APP_TOKEN, "--to", ML
    )
    assert done.exit_code == 0, done.output
    assert f"ok   a sample digest has gone to {ML}" in done.output
    assert BOT_TOKEN not in done.output
    assert read().bot_channels == ("slack",)
    assert read().slack_app_token is not None
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    first, *thread = slack.posted(ML)
    assert "Invented" in str(first)
    assert thread, "the cards are in its thread"


async def test_discord_is_tried_and_shown_a_sample(discord):
    discord.guilds = [guild()]
    done = await init("--channel", "discord", "--discord-token", TOKEN, "--to", "700")
    assert done.exit_code == 0, done.output
    assert "Invented" in str(discord.messages)
    assert read().bot_channels == ("discord",)


async def test_a_mailbox_is_tried_and_shown_a_sample(tmp_path):
    mails = tmp_path / "mails"
    mails.mkdir()
    words = (
        "--smtp-url",
        mails.as_uri(),
        "--smtp-from",
        "Sudi <papers@example.org>",
        "--bot-timezone",
        "Asia/Shanghai",
    )
    done = await init("--channel", "email", *words, "--to", "ada@example.org")
    assert done.exit_code == 0, done.output
    (written,) = mails.glob("*.eml")
    mail = message_from_string(written.read_text("utf-8"), policy=policy.default)
    assert mail["To"] == "ada@example.org"
    assert "[Invented]" in mail.get_body(("plain",)).get_content()
    assert (read().smtp_from, read().bot_timezone) == ("Sudi <papers@example.org>", "Asia/Shanghai")


async def test_a_refused_token_is_one_sentence_and_nothing_is_written(slack, monkeypatch, tmp_path):
    monkeypatch.setenv("SLACK_API_URL", slack.api)
    done = await init("--channel", "slack", "--slack-bot-token", "xoxb-wrong", "--slack-app-token", APP_TOKEN)
    assert isinstance(done.exception, SettingsError)
    assert "invalid_auth" in str(done.exception)
    assert not (tmp_path / ".env").exists()


async def test_without_a_terminal_a_missing_answer_names_its_flag():
    done = await init("--channel", "discord")
    assert isinstance(done.exception, SettingsError)
    assert str(done.exception).startswith("--discord-token: DISCORD_TOKEN is needed")


def test_what_is_in_the_file_stays_and_what_changes_comes_below(tmp_path):
    before = "# mine\nBOT_CHANNELS=email\nSMTP_FROM='Sudi <a@example.org>'"
    Path(".env").write_text(before)
    answers = {"BOT_CHANNELS": "email,slack", "SMTP_FROM": "Sudi <a@example.org>", "DISCORD_TOKEN": "it's #1 \\ x"}
    assert write(Path(".env"), answers) == ["BOT_CHANNELS", "DISCORD_TOKEN"]
    assert Path(".env").read_text().startswith(before + "\n")
    assert read().bot_channels == ("email", "slack")
    assert read().discord_token.get_secret_value() == "it's #1 \\ x"
    assert write(Path(".env"), answers) == []


def test_at_a_terminal_what_is_missing_is_asked_for_and_explained(tmp_path):
    mails = tmp_path / "mails"
    mails.mkdir()
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "bot", "init", "--to", ""],
        cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert asking.stdout is not None
    output, answers = b"", ["email", mails.as_uri(), "papers@example.org", "", "Asia/Shanghai", ""]
    try:
        while read_ := os.read(asking.stdout.fileno(), 4096):
            output += read_
            if answers and output.rstrip(b" ").endswith(b":"):
                os.write(ours, f"{answers.pop(0)}\n".encode())
        assert asking.wait(PATIENCE) == 0, output.decode()
    finally:
        asking.kill()
        asking.stdout.close()
        os.close(ours)
        os.close(theirs)
    assert "smtp://user:password@host:587 of the account that sends" in output.decode()
    assert "BOT_TIMEZONE=Asia/Shanghai" in (tmp_path / ".env").read_text()
