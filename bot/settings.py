"""The environment, read once. Every setting is here and nowhere else; `settings.toml` says what each is."""

from __future__ import annotations

import importlib
import os
import re
from datetime import date
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AliasGenerator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from bot.environment import SecretFiles, refuse_lost_files
from bot.errors import SettingsError

Names = Annotated[tuple[str, ...], NoDecode]
Dates = Annotated[tuple[date, ...], NoDecode]

_HOLIDAYS = (
    "2026-01-01,2026-01-19,2026-06-19,2026-07-03,2026-09-07,2026-11-26,2026-12-25,2026-12-29,2026-12-31,"
    # Not published yet: the holidays on which arXiv has rested every year.
    "2027-01-01,2027-01-18,2027-06-18,2027-07-05,2027-09-06,2027-11-25,2027-12-24,2027-12-31"
)

EXAMPLES = {
    "DATABASE_URL": "sqlite:///sudi.db, or postgresql://user:password@host/sudi",
    "BOT_CHANNELS": "email, or discord,email",
    "BOT_SOURCES": "arxiv_listing,arxiv_feed",
    "BOT_CONTACT": "you@example.org",
    "BOT_ADMINS": "email:you@example.org",
    "BOT_LANGUAGE": "both (or en, zh, zh-hant, en-hant)",
    "BOT_TIME": "09:00",
    "BOT_TIMEZONE": "Asia/Shanghai",
    "BOT_DIGEST_CAP": "20",
    "BOT_KEEP_DAYS": "90",
    "BOT_PUBLIC_URL": "https://sudi.example.org",
    "BOT_LISTEN": "127.0.0.1:8080",
    "BOT_READING_ROOM": "signed (or off, public)",
    "BOT_ROOM_CATEGORIES": "all, or cs.LG,stat.ML",
    "BOT_ROOM_CHINESE": "matched (or all)",
    "PORT": "8080",
    "BOT_DISK_KEPT": "false (or true)",
    "BOT_LOG_LEVEL": "info",
    "BOT_LOG_FORMAT": "json",
    "BOT_ARXIV_HOLIDAYS": "2027-01-01,2027-01-18",
    "SMTP_URL": "smtp://user:password@smtp.example.org:587",
    "IMAP_URL": "imaps://user:password@imap.example.org",
    "SMTP_OAUTH": "https://oauth2.googleapis.com/token client=ID secret=SECRET refresh=/etc/sudi/refresh",
    "IMAP_OAUTH": "https://login.microsoftonline.com/common/oauth2/v2.0/token client=ID refresh=/etc/sudi/refresh",
    "IMAP_AUTHSERV": "mx.example.org",
    "BOT_EMAIL_ALLOW": "example.org, ada@example.net",
    "SMTP_FROM": "Sudi <papers@example.org>",
    "SMTP_RATE": "60",
    "SMTP_DOMAIN_RATE": "30",
    "SMTP_BOUNCES": "papers+{token}@example.org",
    "DKIM_KEY": "/etc/sudi/dkim.pem",
    "DKIM_SELECTOR": "sudi",
    "APPRISE_CONFIG": "/etc/sudi/apprise.conf",
    "DISCORD_TOKEN": "MTIz...",
    "DISCORD_DIGEST": "thread (or flat)",
    "ARXIV_FEED_URL": "https://rss.arxiv.org/rss/{category}",
    "ARXIV_URL": "https://arxiv.org",
    "ARXIVDAILY_PAGE": "saved-page.txt",
    "OPENAI_BASE_URL": "https://api.deepseek.com/v1",
    "OPENAI_API_KEY": "sk-...",
    "OPENAI_MODEL": "deepseek-chat",
    "LLM_PRICES": "0.28/0.42",
    "LLM_DAILY_TOKENS": "2000000",
    "LLM_DAILY_COST": "1.50",
    "LLM_AT_ONCE": "4",
    "LLM_PER_MINUTE": "60",
    "SUMMARY_DEADLINE": "20",
    "MODELS_FOLDER": "models",
    "MODELS_URL": "https://mirror.example.org/records.json",
    "MODELS_FILES_URL": "https://mirror.example.org/files/",
    "MODELS_HASHES": "the SHA-256 of each unpacked file, separated by commas",
    "SLACK_BOT_TOKEN": "xoxb-...",
    "SLACK_CLIENT_ID": "123456.789012",
    "SLACK_CLIENT_SECRET": "0123abcd...",
    "SLACK_APP_TOKEN": "xapp-...",
    "SLACK_SIGNING_SECRET": "0123abcd...",
    "SLACK_ADMINS_ONLY": "false (or true)",
    "SLACK_API_URL": "https://slack-gov.com/api/",
}
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_RETURN_PATH = re.compile(r"(?:[A-Za-z0-9._+=-]{0,22}[+=._-])?\{token\}@[A-Za-z0-9.-]+")  # 63 before the @
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")


class Settings(BaseSettings):
    """What an admin may set; names are the environment's, in lower case.

    Read with :func:`read`, which turns every fault into one line for a person.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        alias_generator=AliasGenerator(validation_alias=str.upper),
        populate_by_name=True,
    )

    database_url: SecretStr = SecretStr("sqlite:///sudi.db")

    bot_channels: Names = ()
    bot_sources: Names = ("arxiv_listing", "arxiv_feed")
    bot_contact: str = ""
    bot_admins: Names = ()
    bot_language: Literal["en", "zh", "both", "zh-hant", "en-hant"] = "both"
    bot_time: str = "09:00"
    bot_timezone: str = "UTC"
    bot_digest_cap: int = Field(default=20, ge=1, le=500)
    bot_keep_days: int = Field(default=90, ge=14, le=3650)
    bot_public_url: str = ""
    bot_listen: str = "127.0.0.1:8080"
    bot_reading_room: Literal["off", "signed", "public"] = "signed"
    bot_room_categories: Names = ()
    bot_room_chinese: Literal["matched", "all"] = "matched"
    port: int = Field(default=0, ge=0, le=65_535)
    bot_disk_kept: bool = False
    bot_log_level: Literal["debug", "info", "warning", "error"] = "info"
    bot_log_format: Literal["logfmt", "json"] = "logfmt"

    bot_arxiv_holidays: Dates = tuple(map(date.fromisoformat, _HOLIDAYS.split(",")))

    arxiv_feed_url: str = "https://rss.arxiv.org/rss/{category}"
    arxiv_url: str = "https://arxiv.org"
    arxiv_api_url: str = "https://export.arxiv.org"
    arxivdaily_page: str = ""

    smtp_url: SecretStr | None = None
    smtp_from: str = ""
    smtp_rate: int = Field(default=0, ge=0)
    smtp_domain_rate: int | None = Field(default=None, ge=6)  # slower would outlast the wait for an answer
    smtp_bounces: str = ""
    dkim_key: str = ""
    dkim_selector: str = "sudi"
    imap_url: SecretStr | None = None
    smtp_oauth: SecretStr | None = None
    imap_oauth: SecretStr | None = None
    imap_authserv: str = Field(default="", pattern=r"^[\w.-]*$")
    bot_email_allow: Names = ()

    slack_bot_token: SecretStr | None = None
    slack_client_id: str = ""
    slack_client_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_admins_only: bool = False
    slack_api_url: str = "https://slack.com/api/"
    apprise_config: SecretStr | None = None
    discord_token: SecretStr | None = None
    discord_digest: Literal["thread", "flat"] = "thread"

    openai_base_url: Names = ()
    openai_api_key: SecretStr | None = None
    openai_model: Names = ()
    llm_prices: Names = ()
    llm_daily_tokens: int = Field(default=2_000_000, ge=0)
    llm_daily_cost: float = Field(default=0, ge=0)
    llm_at_once: int = Field(default=4, ge=1, le=256)
    llm_per_minute: int = Field(default=0, ge=0)
    summary_deadline: int = Field(default=20, ge=0, le=24 * 60)
    models_folder: str = "models"
    models_url: str = (
        "https://firefox.settings.services.mozilla.com/v1/buckets/main/collections/translations-models-v2/records"
    )
    models_files_url: str = "https://firefox-settings-attachments.cdn.mozilla.net/"
    models_hashes: Names = ()

    @field_validator(
        "bot_channels", "bot_sources", "bot_admins", "bot_arxiv_holidays", "bot_room_categories",
        "bot_email_allow", "openai_base_url", "openai_model", "llm_prices", "models_hashes", mode="before",
    )  # fmt: skip
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        dotenv_settings: Source,
        file_secret_settings: Source,
    ) -> tuple[Source, ...]:
        """The environment, then `.env`; a secret may stand in a file that NAME_FILE names in one of them."""
        files = (SecretFiles(settings_cls, one) for one in (env_settings, dotenv_settings))
        return (init_settings, env_settings, *files, dotenv_settings)

    @field_validator("bot_channels", "bot_sources")
    @classmethod
    def _in_small_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.lower() for one in value)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if parts.scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("must start with sqlite:/// or postgresql://")
        _port(parts)
        if parts.scheme.startswith("postgres"):
            try:
                list(map(importlib.import_module, ("psycopg", "procrastinate.metadata")))
            except ImportError:  # also when it is there without the library that it needs
                raise ValueError("the driver of PostgreSQL is missing: pip install 'sudi[postgres]'") from None
        return value

    @field_validator("bot_contact")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("must be one mail address, which arXiv sees in our requests")
        return value

    @field_validator("bot_admins")
    @classmethod
    def _admins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [admin for admin in value if not all(admin.partition(":"))]:
            raise ValueError(f"must be channel:address, separated by commas, not {', '.join(wrong)}")
        return value

    @field_validator("bot_time")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("must be a time of day, HH:MM")
        return value

    @field_validator("bot_timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be the name of a time zone of the IANA list")
        return ZoneInfo(value).key

    @field_validator("bot_public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        parts = urlsplit(value)
        schemes = ("https", "http") if parts.hostname in ("localhost", "127.0.0.1") else ("https",)
        if value and not (parts.hostname and parts.scheme in schemes):
            raise ValueError("must be https:// and the name under which people reach your proxy")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must have no user, no ? and no #")
        _port(parts)
        return value.rstrip("/")

    @field_validator("bot_listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if not re.fullmatch(r"\S*:\d{1,5}", value) or int(value.rpartition(":")[2]) > 65_535:
            raise ValueError("must be host:port")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme == "file" and parts.path and parts.netloc in ("", "localhost"):
            return value
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("must be smtp://... (STARTTLS), smtps://... (TLS) and name a host, or file:///folder")
        _mail_server(parts)
        return value

    @field_validator("imap_url")
    @classmethod
    def _imap(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        _mail_server(parts)
        if parts.scheme not in ("imap", "imaps") or not (parts.hostname and parts.username):
            raise ValueError("must be imaps://... (TLS) or imap://... (STARTTLS) with user, password and a host")
        return value

    @field_validator("bot_email_allow")
    @classmethod
    def _allowed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in value if not re.fullmatch(r"(?:[^@\s<>]+)?@?[\w-]+(?:\.[\w-]+)+", one)]:
            raise ValueError(f"must be domains or mail addresses, separated by commas, not {', '.join(wrong)}")
        return value

    @field_validator("smtp_bounces")
    @classmethod
    def _return_path(cls, value: str) -> str:
        if value and not _RETURN_PATH.fullmatch(value):
            raise ValueError(
                "must be an address whose name ends with {token}, after a + or whatever your server knows"
            )
        return value

    @field_validator("dkim_key")
    @classmethod
    def _file(cls, value: str) -> str:
        if "-----BEGIN" in value:
            raise ValueError("must be the path of a file, not the key itself")
        return value

    @field_validator("dkim_selector")
    @classmethod
    def _label(cls, value: str) -> str:
        if not _LABEL.fullmatch(value):
            raise ValueError("must be a name in the DNS: letters, digits, dots and hyphens")
        return value

    @field_validator("arxiv_feed_url")
    @classmethod
    def _one_for_each_category(cls, value: str) -> str:
        if "{category}" not in value:
            raise ValueError("must contain {category}: each category has a feed of its own")
        return value

    @property
    def listen(self) -> str:
        """Where pages and health are served, `host:port`; hosts that route to PORT reach every address of ours."""
        return (
            f"0.0.0.0:{self.port}" if self.port and "bot_listen" not in self.model_fields_set else self.bot_listen
        )

    @property
    def is_listening(self) -> bool:
        """Whether anybody has asked for pages, or for health alone."""
        return bool(self.bot_public_url or self.port or "bot_listen" in self.model_fields_set)

    @property
    def openai_keys(self) -> tuple[str, ...]:
        """The keys of OPENAI_API_KEY, one for each endpoint or one for all."""
        given = self.openai_api_key.get_secret_value() if self.openai_api_key else ""
        return tuple(key.strip() for key in given.split(",") if key.strip())

    @property
    def has_room(self) -> bool:
        """Whether papers are read on pages."""
        return bool(self.bot_public_url) and self.bot_reading_room != "off"

    def secrets(self) -> set[str]:
        """What must never be shown: every secret, and the passwords inside of URLs, as written and decoded."""
        given = {name: value.get_secret_value() for name, value in self if isinstance(value, SecretStr)}
        urls = re.findall(r"://([^\s?]{4,})", given.pop("apprise_config", ""))
        values = {*given.values(), *urls, *self.openai_keys}
        passwords = {urlsplit(value).password or "" for value in values if "://" in value}
        passwords = {one for one in passwords if len(one) > 3}  # shorter ones would blot out ordinary words
        for one in filter(None, (self.smtp_oauth, self.imap_oauth)):
            values |= set(re.findall(r"(?:refresh|secret)=(\S+)", one.get_secret_value()))
        whole = {value for value in values if "://" not in value or urlsplit(value).password}
        return (whole | passwords | {unquote(password) for password in passwords}) - {""}


def read() -> Settings:
    """The settings of this process; SettingsError has one line per fault: name, what is wrong, an example."""
    try:
        settings = Settings()
        refuse_lost_files(settings.database_url.get_secret_value(), os.environ, is_kept=settings.bot_disk_kept)
        return settings
    except ValidationError as error:
        raise SettingsError(faults_of(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f".env: cannot be read as UTF-8 text ({error})"]) from None


def faults_of(error: ValidationError) -> list[str]:
    """One line per fault: name, what is wrong, an example."""
    rows = ((str(row["loc"][0]).upper(), row["msg"].removeprefix("Value error, ")) for row in error.errors())
    examples = {name: f" (for example: {name}={example})" for name, example in EXAMPLES.items()}
    return [f"{name}: {what[0].lower()}{what[1:]}{examples.get(name, '')}" for name, what in rows]


def _mail_server(parts: SplitResult) -> None:
    """What a URL with a login must keep to."""
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError("has a user or password with / ? or #: write these as %2F %3F %23, and @ as %40")
    _port(parts)
    if parse_qs(parts.query).get("tls", ["required"])[0] not in ("required", "none"):
        raise ValueError("knows only ?tls=none, which goes without encryption on purpose")


def _port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that is no number") from None
