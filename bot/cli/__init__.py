"""The command line: `sudi`. Each command is thin: settings in, App or a file in the middle, text out."""

from __future__ import annotations

import click

from bot.cli.backfill import backfill
from bot.cli.backup import backup, restore
from bot.cli.discord import discord
from bot.cli.doctor import doctor
from bot.cli.gate import gate
from bot.cli.health import health
from bot.cli.held import held
from bot.cli.init import init
from bot.cli.jobs import jobs
from bot.cli.models import models
from bot.cli.rehearse import match, preview
from bot.cli.service import console, fetch, migrate_, run, send
from bot.cli.slack import slack
from bot.cli.subscriptions import list_, now, status, subscribe, unsubscribe
from bot.cli.transfer import export, import_
from bot.cli.vacuum import vacuum
from bot.demo import demo


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from the environment and from .env; .env.example explains each.",
)
@click.version_option(package_name="sudi")
def sudi() -> None:
    """Sudi 速递: the papers you asked for, each working day, in English and Chinese.

    \b
    Example:
      sudi init      connect Slack, Discord or a mailbox
      sudi demo      see a whole day, without keys and without network
      sudi run       serve the channels of BOT_CHANNELS
    """


for command in (
    init,
    run,
    console,
    demo,
    migrate_,
    doctor,
    health,
    fetch,
    backfill,
    send,
    subscribe,
    unsubscribe,
    now,
    list_,
    status,
    held,
    jobs,
    preview,
    match,
    gate,
    export,
    import_,
    vacuum,
    backup,
    restore,
    discord,
    slack,
    models,
):
    sudi.add_command(command)
