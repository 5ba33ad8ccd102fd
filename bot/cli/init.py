"""`sudi init`: from nothing to a sample digest in a channel; each token is tried before it is written down."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

import click
from dotenv import dotenv_values
from pydantic import ValidationError

from bot import channels
from bot.commands.newcomers import defaults
from bot.commands.sample import sample_digest
from bot.errors import ChannelError, SettingsError
from bot.model import Destination, Language
from bot.private import make_private
from bot.settings import Settings, faults_of

_FILE = Path(".env")
_LOCALTIME = Path("/etc/localtime")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:/@+%=")


@dataclass(frozen=True, slots=True)
class Question:
    """One setting that a channel needs, or may have."""

    setting: str
    about: str
    is_secret: bool = False
    is_needed: bool = True

    @property
    def flag(self) -> str:
        """The option that answers it."""
        return f"--{self.setting.lower().replace('_', '-')}"


QUESTIONS: Mapping[str, Sequence[Question]] = {
    "slack": (
        Question(
            "SLACK_BOT_TOKEN",
            "xoxb-...: at https://api.slack.com/apps make an app from what `sudi slack manifest` prints, "
            "install it, and copy the token of OAuth & Permissions",
            is_secret=True,
        ),
        Question(
            "SLACK_APP_TOKEN",
            "xapp-...: Basic Information, App-Level Tokens, with the scope connections:write; commands come by it",
            is_secret=True,
        ),
    ),
    "discord": (
        Question(
            "DISCORD_TOKEN",
            "at https://discord.com/developers/applications: Bot, Reset Token; `sudi discord invite` then has "
            "the link by which the bot joins your server",
            is_secret=True,
        ),
    ),
    "email": (
        Question(
            "SMTP_URL",
            "smtp://user:password@host:587 of the account that sends (@ in the user is %40; "
            "many providers want an app password)",
            is_secret=True,
        ),
        Question("SMTP_FROM", "the address that mails come from, such as Sudi <papers@example.org>"),
        Question(
            "IMAP_URL",
            "imaps://user:password@host of its mailbox, so that people subscribe and unsubscribe by mail; "
            "may be empty",
            is_secret=True,
            is_needed=False,
        ),
    ),
}
_TO = {
    "slack": "the id of a channel to which the app was invited (C..., below its details), or of a person (U...)",
    "discord": "the id of a channel (developer mode, Copy Channel ID), or @ and the id of a person",
    "email": "a mail address",
}
_COMMON = (
    Question("BOT_TIMEZONE", "the time zone of most of your readers, such as Asia/Shanghai"),
    Question("BOT_CONTACT", "your mail address, which arXiv sees in our requests; may be empty", is_needed=False),
)


def _options(command: click.Command) -> click.Command:
    for one in (*(q for some in QUESTIONS.values() for q in some), *_COMMON):
        command.params.append(click.Option([one.flag], help=f"The answer for {one.setting}."))
    return command


@click.command()
@click.option("--channel", type=click.Choice(sorted(QUESTIONS)), help="Where people are to be reached.")
@click.option("--to", default=None, help="Where a sample digest goes; empty for nowhere.")
def init(channel: str | None, to: str | None, **given: str | None) -> None:
    """Connect a channel: ask for its tokens, try them, write .env, and send a sample digest.

    What is set already, in the environment or in .env, is not asked for; lines that are there stay as they are.
    Without a terminal every answer has to be a flag or set.

    \b
    Example:
      sudi init
      SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-... sudi init --channel slack --to C0123ABCD
    """
    name = channel or _asked("channel", f"One of {', '.join(QUESTIONS)}", "--channel", default="slack")
    if name not in QUESTIONS:
        raise SettingsError([f"--channel: must be one of {', '.join(QUESTIONS)}, not {name}"])
    answers = _answers(name, {key.upper(): value for key, value in given.items() if value is not None})
    while True:
        try:
            said = asyncio.run(_tried(name, answers))
            break
        except (ChannelError, SettingsError) as error:
            if not sys.stdin.isatty():
                raise SettingsError([f"{name}: {error}"]) from error
            click.echo(f"That does not work: {error}")
            answers = _answers(name, {}, again=True)
    click.echo(f"ok   {said}")
    written = write(_FILE, answers)
    click.echo(f"ok   {_FILE} has {', '.join(written)}" if written else f"ok   {_FILE} had all of that")
    address = (
        to if to is not None else _asked("sample digest to", f"{_TO[name]}; may be empty", "--to", default="")
    )
    if address:
        asyncio.run(_sample(name, answers, address))
        click.echo(f"ok   a sample digest has gone to {address}")
    click.echo("Start it with: sudi run. Then subscribe there, for example: /papers subscribe cs.LG diffusion")


def _answers(name: str, given: Mapping[str, str], *, again: bool = False) -> dict[str, str]:
    """An answer to each question, given, set, or asked for."""
    there = {**{k: v for k, v in dotenv_values(_FILE).items() if v}, **os.environ}
    known = tuple(one.strip() for one in there.get("BOT_CHANNELS", "").lower().split(",") if one.strip())
    answers = {"BOT_CHANNELS": ",".join(dict.fromkeys((*known, name)))}
    for one in (*QUESTIONS[name], *(() if again else _COMMON)):
        value = given.get(one.setting) or ("" if again else there.get(one.setting, ""))
        if not value and (one.is_needed or sys.stdin.isatty()):
            default = "" if not one.is_needed else _zone() if one.setting == "BOT_TIMEZONE" else None
            value = _asked(one.setting, one.about, one.flag, default=default, hides=one.is_secret)
        if value:
            answers[one.setting] = value.strip()
    return answers


def _asked(name: str, about: str, flag: str, *, default: str | None, hides: bool = False) -> str:
    """What somebody types; without a terminal the default, or SettingsError with the flag."""
    if not sys.stdin.isatty():
        if default is None:
            raise SettingsError([f"{flag}: {name} is needed, {about}"])
        return default
    click.echo(f"\n{about}")
    return str(click.prompt(name, default=default, hide_input=hides, show_default=bool(default)))


def _zone() -> str:
    """The time zone of this machine, as far as it has one with a name."""
    name = str(_LOCALTIME.resolve()).partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


def _settings(answers: Mapping[str, str]) -> Settings:
    try:
        return Settings(**{name.lower(): value for name, value in answers.items()})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(faults_of(error)) from None


async def _tried(name: str, answers: Mapping[str, str]) -> str:
    channel = channels.load(name, _settings(answers))
    try:
        return await channel.check()
    finally:
        await channel.close()


async def _sample(name: str, answers: Mapping[str, str], typed: str) -> None:
    """Send a digest of invented papers."""
    settings = _settings(answers)
    channel = channels.load(name, settings)
    try:
        address = await channel.address(typed)
        there = Destination(1, name, address, Language(settings.bot_language), defaults(settings).slot)
        root, key = "", secrets.token_hex(8)
        for number, body in enumerate(channel.render(sample_digest(there))):
            if root:
                await asyncio.sleep(channel.pace.total_seconds())
                await channel.send_below(root, address, body, f"{key}.{number}")
            else:
                root = await channel.send(address, body, f"{key}.{number}")
    finally:
        await channel.close()


def write(path: Path, answers: Mapping[str, str]) -> list[str]:
    """Append the settings that the file lacks, and keep the rest; only its owner may read the file.

    A name that has another value gets one more line, and the last one counts. The names that were written.
    """
    there = dotenv_values(path) if path.exists() else {}
    new = {name: value for name, value in answers.items() if there.get(name) != value}
    make_private(path)
    text = path.read_text("utf-8")
    between = "" if not text or text.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(between + "".join(f"{name}={_quoted(value)}\n" for name, value in new.items()))
    return list(new)


def _quoted(value: str) -> str:
    if set(value) <= _PLAIN:
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


init = _options(init)
