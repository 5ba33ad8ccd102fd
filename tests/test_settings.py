"""The environment is read once; what is wrong is said in one line each, and secrets stay secret."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.environment import unknown_names
from bot.errors import SettingsError
from bot.logs import Lines
from bot.settings import Settings, read

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _an_empty_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default():
    assert read().database_url.get_secret_value() == "sqlite:///sudi.db"
    assert read().bot_channels == ()


def test_the_example_file_names_every_setting_and_no_other():
    written = re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    assert sorted(written) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_file_can_be_used_as_it_is_when_uncommented(monkeypatch):
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines():
        if match := re.match(r"# ([A-Z][A-Z_]+)=(.*)", line):
            monkeypatch.setenv(*match.groups())
    assert read().bot_timezone == "UTC"


def test_a_file_of_the_folder_is_read(tmp_path):
    (tmp_path / ".env").write_text("BOT_LANGUAGE=zh\nBOT_CHANNELS=console, email\n")
    assert read().bot_language == "zh"
    assert read().bot_channels == ("console", "email")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("DATABASE_URL", "mysql://x", "sqlite:/// or postgresql://"),
        ("BOT_TIME", "25:00", "HH:MM"),
        ("BOT_TIME", "9", "HH:MM"),
        ("BOT_TIMEZONE", "Peking", "time zone"),
        ("BOT_LANGUAGE", "fr", "'en', 'zh', 'both', 'zh-hant' or 'en-hant'"),
        ("BOT_CONTACT", "me", "mail address"),
        ("SMTP_BOUNCES", "bounces@example.org", "ends with {token}"),
        ("SMTP_BOUNCES", "bounces{token}@example.org", "ends with {token}"),
        ("DKIM_KEY", "-----BEGIN PRIVATE KEY-----", "path of a file"),
        ("DKIM_SELECTOR", "a b", "name in the DNS"),
        ("BOT_ADMINS", "me@example.org", "channel:address"),
        ("BOT_DIGEST_CAP", "0", "greater than or equal to 1"),
        ("BOT_DIGEST_CAP", "many", "valid integer"),
        ("BOT_LOG_LEVEL", "loud", "'debug'"),
        ("BOT_PUBLIC_URL", "sudi.example.org", "https://"),
        ("BOT_LISTEN", "8080", "host:port"),
        ("BOT_LISTEN", "127.0.0.1:99999", "host:port"),
        ("IMAP_URL", "https://mail.example.org", "imaps://"),
        ("IMAP_URL", "imaps://mail.example.org", "user"),
        ("IMAP_URL", "imaps://me:p@ss/word@mail.example.org", "%2F"),
        ("IMAP_URL", "imaps://me:pw@mail.example.org?tls=maybe", "tls=none"),
        ("BOT_EMAIL_ALLOW", "example.org, not an address", "domains"),
        ("BOT_PUBLIC_URL", "http://sudi.example.org", "https://"),
        ("BOT_PUBLIC_URL", "https://sudi.example.org/?x=1", "no ?"),
        ("BOT_ARXIV_HOLIDAYS", "2027-02-30", "valid date"),
        ("SMTP_URL", "http://mail.example.org", "smtp://"),
        ("SMTP_URL", "smtp://", "host"),
        ("SMTP_URL", "smtp://user:p@ss/word@127.0.0.1", "%2F"),
        ("SMTP_URL", "smtp://mail.example.org:many", "port"),
        ("SMTP_URL", "file://tmp/mails", "file:///folder"),
        ("DATABASE_URL", "postgresql://u:pw@host:bad/x", "port"),
        ("ARXIV_FEED_URL", "https://rss.arxiv.org/rss/cs.LG", "{category}"),
        ("SMTP_URL", "smtp://h?tls=maybe", "tls=none"),
    ],
)
def test_a_wrong_value_is_one_line_with_name_fault_and_example(monkeypatch, name, value, what):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read()
    (line,) = caught.value.faults
    assert line.startswith(f"{name}: ")
    assert what in line
    assert f"for example: {name}=" in line


def test_a_secret_may_stand_in_a_file_that_a_setting_names(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("xoxb-from-a-file\n")
    (tmp_path / ".env").write_text(f"SLACK_BOT_TOKEN_FILE={tmp_path / 'token'}\nDISCORD_TOKEN=here\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match=r"DATABASE_URL_FILE: .*nowhere cannot be read"):
        read()
    monkeypatch.delenv("DATABASE_URL_FILE")
    assert read().slack_bot_token == SecretStr("xoxb-from-a-file")
    assert read().discord_token == SecretStr("here")
    assert "xoxb-from-a-file" in read().secrets()
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-environment")
    assert read().slack_bot_token == SecretStr("xoxb-of-the-environment")


def test_names_in_capitals_are_understood(monkeypatch):
    monkeypatch.setenv("BOT_CHANNELS", "Slack, EMAIL")
    assert read().bot_channels == ("slack", "email")


def test_hosts_that_set_a_port_are_served_at_it_and_nobody_else_by_accident(monkeypatch):
    assert not read().is_listening
    monkeypatch.setenv("PORT", "5000")
    assert (read().is_listening, read().listen) == (True, "0.0.0.0:5000")
    monkeypatch.setenv("BOT_LISTEN", "127.0.0.1:9000")
    assert read().listen == "127.0.0.1:9000"
    monkeypatch.delenv("PORT")
    assert read().is_listening, "health alone, where pages are not asked for"


def test_names_that_look_like_settings_are_named_and_others_left_alone():
    said = unknown_names(
        ["BOT_TIMZONE", "SLACK_TOKEN", "OPENAI_API_KEYS", "PATH", "LLM_HOME", "SMTP_URL_FILE"], Settings
    )
    assert said == [
        "BOT_TIMZONE: there is no such setting; did you mean BOT_TIMEZONE?",
        "OPENAI_API_KEYS: there is no such setting; did you mean OPENAI_API_KEY?",
        "SLACK_TOKEN: there is no such setting; did you mean SLACK_BOT_TOKEN?",
    ]


def test_every_fault_is_told_at_once_and_no_secret_with_it(monkeypatch):
    monkeypatch.setenv("BOT_TIME", "x")
    monkeypatch.setenv("SMTP_URL", "http://me:hunter2@mail.example.org")
    with pytest.raises(SettingsError) as caught:
        read()
    assert len(caught.value.faults) == 2
    assert "hunter2" not in str(caught.value)


def test_secrets_are_blotted_out_of_log_lines_and_tracebacks():
    settings = Settings.model_validate(
        {"smtp_url": "smtp://me:p%40ss%20word@h:587", "discord_token": SecretStr("tok-123")}
    )
    hidden = Lines(settings.secrets())
    try:
        raise RuntimeError("login p@ss word with tok-123 at smtp://me:p%40ss%20word@h:587")
    except RuntimeError as error:
        record = logging.LogRecord(
            "bot", logging.ERROR, "f", 1, "token=%s", ("tok-123",), (type(error), error, None)
        )
    line = hidden.format(record)
    assert "tok-123" not in line
    assert "p@ss word" not in line
    assert "p%40ss" not in line


def test_the_database_path_is_no_secret_but_its_password_is():
    assert Settings.model_validate({"database_url": "sqlite:///sudi.db"}).secrets() == set()
    assert "pass" in Settings.model_validate({"database_url": "postgresql://u:pass@h/d"}).secrets()


@pytest.mark.parametrize("host", ["DYNO", "K_SERVICE"])
def test_a_file_that_the_host_loses_is_no_database_unless_somebody_insists(monkeypatch, host):
    monkeypatch.setenv(host, "web.1")
    with pytest.raises(SettingsError, match=r"DATABASE_URL: .* loses its files at each restart.*BOT_DISK_KEPT"):
        read()
    monkeypatch.setenv("BOT_DISK_KEPT", "true")
    assert read().database_url.get_secret_value() == "sqlite:///sudi.db"
    monkeypatch.delenv("BOT_DISK_KEPT")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1/sudi")
    assert read().bot_disk_kept is False
