"""A log line has its values where people and programs find them, and no secret."""

from __future__ import annotations

import json
import logging

from bot.logs import Lines


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("bot.jobs", logging.WARNING, "f", 1, message, args, exc_info)  # type: ignore[arg-type]


def line(form: str, message: str, *args: object, secrets: tuple[str, ...] = ()) -> str:
    return Lines(secrets, form).format(record(message, *args))  # type: ignore[arg-type]


def test_values_with_spaces_are_quoted_and_others_are_bare():
    said = line("logfmt", "not_delivered delivery=%d channel=%s reason=%s", 7, "slack", 'it said "no" at a=b')
    assert said.split(" ", 3)[1:3] == ["warning", "bot.jobs"]
    assert said.endswith('not_delivered delivery=7 channel=slack reason="it said \\"no\\" at a=b"')


def test_a_value_that_the_message_says_itself_is_quoted_too():
    assert line("logfmt", "mail_left key=%.8s reason=it cannot be read", "0123456789").endswith(
        'mail_left key=01234567 reason="it cannot be read"'
    )


def test_json_has_one_object_for_each_event_with_its_traceback():
    try:
        raise RuntimeError("token-123456")
    except RuntimeError as error:
        caught = (type(error), error, error.__traceback__)
    row = json.loads(
        Lines(["token-123456"], "json").format(record("work_failed name=%s", "read", exc_info=caught))
    )
    assert (row["event"], row["name"], row["level"]) == ("work_failed", "read", "warning")
    assert "RuntimeError: ***" in row["traceback"]


def test_what_libraries_say_is_one_value():
    assert json.loads(line("json", "Connection pool is full, discarding: %s", "host"))["event"].endswith(": host")
    assert line("logfmt", "Connection is full").endswith('message="Connection is full"')


def test_a_short_secret_is_hidden_as_a_word_and_leaves_other_words_alone():
    said = line("logfmt", "login user=%s password=%s", "tester", "test", secrets=("test",))
    assert said.endswith("login user=tester password=***")


def test_a_secret_with_quotes_in_it_is_hidden_before_they_are_escaped():
    said = line("json", "sent body=%s", 'x pass"word\\1 y', secrets=('pass"word\\1',))
    assert json.loads(said)["body"] == "x *** y"
