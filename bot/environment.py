"""How the environment is read beyond one name for one setting: secrets in files, and names that are misspelt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, PydanticBaseSettingsSource

from bot.errors import SettingsError

_OURS = ("BOT_", "SLACK_", "DISCORD_", "SMTP_", "IMAP_", "DKIM_", "ARXIV")
_LOSES_FILES = {"DYNO": "Heroku", "K_SERVICE": "Cloud Run"}
"""What hosts set that begin each process with an empty disk."""
_NEAR = 0.8  # of 1, how much alike a name and a setting are that are taken for the same


class SecretFiles(PydanticBaseSettingsSource):
    """Secrets that stand in files, as hosts of containers mount them: NAME_FILE is the path."""

    def __init__(self, settings_cls: type[BaseSettings], beside: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._given: Mapping[str, str | None] = (
            beside.env_vars if isinstance(beside, EnvSettingsSource | DotEnvSettingsSource) else {}
        )

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The text of the file for one setting, if one is named."""
        path = self._given.get(f"{field_name}_file") if _is_secret(field) else None
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text("utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError([f"{field_name.upper()}_FILE: {path} cannot be read ({error})"]) from None

    def __call__(self) -> dict[str, Any]:
        """The secrets that stand in files."""
        found = {name: self.get_field_value(one, name)[0] for name, one in self.settings_cls.model_fields.items()}
        return {name.upper(): value for name, value in found.items() if value is not None}


def refuse_lost_files(database_url: str, environment: Mapping[str, str], *, is_kept: bool) -> None:
    """Raise SettingsError for a database in a file where the host loses its files at each restart.

    Heroku: https://devcenter.heroku.com/articles/dynos#ephemeral-filesystem; Cloud Run:
    https://cloud.google.com/run/docs/container-contract#filesystem
    """
    host = next((host for name, host in _LOSES_FILES.items() if environment.get(name)), "")
    if host and database_url.startswith("sqlite") and not is_kept:
        lost = f"{host} loses its files at each restart, and with them what people have subscribed to"
        how = "set postgresql://..., or BOT_DISK_KEPT=true if this file is on a volume that is kept"
        raise SettingsError([f"DATABASE_URL: {lost}: {how}"])


def unknown_names(given: Iterable[str], settings_cls: type[BaseSettings]) -> list[str]:
    """A line for each name that looks like a setting of a class and is none."""
    known = {name.upper() for name in settings_cls.model_fields}
    known |= {f"{name.upper()}_FILE" for name, one in settings_cls.model_fields.items() if _is_secret(one)}
    lines = []
    for name in sorted(set(given) - known):
        near = get_close_matches(name, known, 1, _NEAR) if "_" in name else []
        if near or name.startswith(_OURS):
            meant = f"did you mean {near[0]}?" if near else ".env.example has them all"
            lines.append(f"{name}: there is no such setting; {meant}")
    return lines


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)
