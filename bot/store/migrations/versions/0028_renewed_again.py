"""Stored queries and mutes keep their meaning where more words and signs of theirs are operators today."""

from __future__ import annotations

from importlib import import_module

revision = "0028"
down_revision = "0027"

upgrade = import_module("bot.store.migrations.versions.0022_renewed").upgrade
