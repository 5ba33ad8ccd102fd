"""The pages tell the truth: their tables are those of the program, their commands, settings and pictures exist.

`python -m tests.test_readme` writes the tables and `.env.example` anew.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from bot.cli import sudi
from bot.commands import SPECS
from bot.locale import say
from bot.query import parse
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
README, CHINESE, HANDBOOK = ROOT / "README.md", ROOT / "README.zh.md", ROOT / "deploy" / "README.md"
HOUSE, TESTS, BENCHES = ROOT / "bot" / "README.md", ROOT / "tests" / "README.md", ROOT / "tests/bench/README.md"
CHANGES = ROOT / "CHANGELOG.md"
PAGES = (README, CHINESE, HANDBOOK)
ALL_PAGES = (*PAGES, HOUSE, TESTS, BENCHES, CHANGES)
MADE = ("demo/mail", ".venv/", "../shared/", "models/", "T0123ABCD/", "TEAM/")
"""How paths begin that a run makes or that stand beside the repository, and addresses that look like paths."""
WHAT_READERS_FIND = (
    "sudi init", "SLACK_APP_TOKEN", "DISCORD_TOKEN", "DKIM", "LLM_DAILY_COST", "postgresql://", "sudi backup",
    "Several workspaces", "/healthz", "quantiz*",
)  # fmt: skip


EXAMPLE_HEAD = """# Sudi 速递: every setting. Copy to .env and uncomment what you change; all have defaults.
# Made of bot/settings.toml. A secret may stand in a file of its own instead:
# `SLACK_BOT_TOKEN_FILE=/run/secrets/slack` names it, and so for each setting that holds a token, key or password.
"""


def commands(language: str) -> str:
    """The table of commands, from their specs."""
    heads = {"en": ("command", "what it does"), "zh": ("命令", "作用")}[language]
    rows = [f"| {heads[0]} | {heads[1]} |", "| --- | --- |"]
    for spec in SPECS:
        usage = spec.usage.replace("|", "\\|")
        rows.append(f"| `{usage}` | {say(f'command.{spec.name}', language)} |")
    return "\n".join(rows)


def described() -> dict[str, dict[str, dict[str, str]]]:
    """What each setting is and how its line looks, group by group."""
    return tomllib.loads((ROOT / "bot" / "settings.toml").read_text("utf-8"))


def settings() -> str:
    """The table of settings, from the program."""
    says = {name: one["says"] for group in described().values() for name, one in group.items()}
    rows = ["| setting | default | what it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        what = says[name.upper()].replace("\n", " ").replace("|", "\\|")
        rows.append(f"| `{name.upper()}` | {f'`{shown}`' if shown else ''} | {what} |")
    return "\n".join(rows)


def example() -> str:
    """The example file, from what each setting is."""
    parts = [EXAMPLE_HEAD]
    for group, some in described().items():
        parts.append(f"# --- {group} ".ljust(100, "-"))
        for name, one in some.items():
            parts += [*(f"# {row}" for row in one["says"].splitlines()), f"# {name}={one['line']}"]
        parts.append("")
    return "\n".join(parts)


def filled(page: Path) -> str:
    """A page with its table as it should be."""
    name, table = {
        README: ("commands", commands("en")),
        CHINESE: ("commands", commands("zh")),
        HANDBOOK: ("settings", settings()),
    }[page]
    pattern = rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- /{name} -->)"
    text, count = re.subn(
        pattern, lambda m: f"{m[1]}\n{table}\n\n{m[2]}", page.read_text("utf-8"), flags=re.DOTALL
    )
    assert count == 1, name
    return text


def anchors(page: Path) -> set[str]:
    """What links into a page may name: https://docs.github.com/en/get-started/writing-on-github."""
    heads = re.findall(r"^#{1,6} (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_tables_are_those_of_the_program(page):
    assert page.read_text("utf-8") == filled(page), "run: python -m tests.test_readme"


def test_the_example_file_is_made_of_what_each_setting_is():
    assert (ROOT / ".env.example").read_text("utf-8") == example(), "run: python -m tests.test_readme"


def test_every_setting_says_what_it_is():
    names = [name for group in described().values() for name in group]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
    assert all(one["says"] for group in described().values() for one in group.values())


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_sudi_command_in_it_exists(page):
    for name in re.findall(r"(?:\$ |`|\.venv/bin/)sudi ([a-z]+)", page.read_text("utf-8")):
        assert CliRunner().invoke(sudi, [name, "--help"]).exit_code == 0, name


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_make_target_in_it_exists(page):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for name in re.findall(r"(?:\$ |`)make ([a-z]+)", page.read_text("utf-8")):
        assert name in targets


def test_every_setting_in_them_exists_and_is_in_the_handbook():
    settings = {name.upper() for name in Settings.model_fields}
    for page in PAGES:
        found = set(re.findall(r"\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT)\b", page.read_text("utf-8")))
        assert found - {f"{name}_FILE" for name in settings} <= settings, page
    assert settings <= set(re.findall(r"\b[A-Z][A-Z0-9_]*\b", HANDBOOK.read_text("utf-8")))


@pytest.mark.parametrize("page", ALL_PAGES, ids=str)
def test_every_file_that_it_names_is_there(page):
    text = page.read_text("utf-8")
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|md|yaml|service|txt|lock))`", text))
    named |= set(re.findall(r"(?<![\w./])((?:bot|deploy|tests)/[\w./-]*\w)", text))
    places = (page.parent, ROOT, ROOT / "bot", ROOT / "tests")
    for path in named:
        assert path.startswith(MADE) or any((place / path).exists() for place in places), path


@pytest.mark.parametrize("page", ALL_PAGES, ids=str)
def test_every_picture_and_link_of_the_repository_is_there(page):
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", [README, CHINESE], ids=str)
def test_the_two_commands_of_the_first_screen_come_first(page):
    first_screen = page.read_text("utf-8")[:1800]
    assert "make demo" in first_screen
    assert "make test" in first_screen
    assert re.search(r"digest(-zh)?\.png", first_screen)


def test_the_readme_is_read_at_one_sitting():
    assert README.read_text("utf-8").count("\n") <= 220


@pytest.mark.parametrize("words", WHAT_READERS_FIND)
def test_what_readers_look_for_is_within_two_links_of_the_readme(words):
    linked = {README}
    for _ in range(2):
        for page in list(linked):
            paths = re.findall(r"\]\((?!https?:|#)([^)#]+\.md)[^)]*\)", page.read_text("utf-8"))
            linked |= {(page.parent / path).resolve() for path in paths}
    assert any(words in page.read_text("utf-8") for page in linked)


def test_every_query_of_the_language_table_parses():
    table = README.read_text("utf-8").partition("## The query language")[2].partition("Categories side by side")[0]
    cells = [row.split(" | ")[0].lstrip("| ") for row in table.splitlines() if row.startswith("| `")]
    assert cells
    for cell in cells:
        for query in re.findall(r"`([^`]+)`", cell):
            whole = query in (
                "title:",
                "abstract:",
                "author:",
                "comment:",
                "( )",
                "AND",
                "OR",
                "\\|",
                "-x",
                "NOT x",
            )
            parse(f"a {query}" if query.startswith("type:") else "a" if whole else query)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(filled(page), "utf-8")
    (ROOT / ".env.example").write_text(example(), "utf-8")
