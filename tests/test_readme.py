"""README tells the truth: its tables are those of the program, its commands and pictures exist.

`python -m tests.test_readme` writes the tables anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner
from pydantic import SecretStr

from bot.cli import sudi
from bot.commands import SPECS
from bot.locale import say
from bot.query import parse
from bot.settings import EXAMPLES, Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def commands() -> str:
    """The table of commands, from their specs."""
    rows = ["| command | what it does | 中文 |", "| --- | --- | --- |"]
    for spec in SPECS:
        usage = spec.usage.replace("|", "\\|")
        rows.append(f"| `{usage}` | {say(f'command.{spec.name}', 'en')} | {say(f'command.{spec.name}', 'zh')} |")
    return "\n".join(rows)


def settings() -> str:
    """The table of settings, from the program."""
    rows = ["| setting | default | example |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
        example = EXAMPLES.get(name.upper(), "")
        rows.append(
            f"| `{name.upper()}` | {f'`{shown}`' if shown else ''} | {f'`{example}`' if example else ''} |"
        )
    return "\n".join(rows)


def filled(text: str) -> str:
    """A README with both tables as they should be."""
    for name, table in (("commands", commands()), ("settings", settings())):
        pattern = rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- /{name} -->)"
        text, count = re.subn(pattern, lambda m, table=table: f"{m[1]}\n{table}\n\n{m[2]}", text, flags=re.DOTALL)
        assert count == 1, name
    return text


def test_the_tables_are_those_of_the_program():
    text = README.read_text("utf-8")
    assert text == filled(text), "run: python -m tests.test_readme"


def test_every_sudi_command_in_it_exists():
    for name in re.findall(r"(?:\$ |`)sudi ([a-z]+)", README.read_text("utf-8")):
        assert CliRunner().invoke(sudi, [name, "--help"]).exit_code == 0, name


def test_every_make_target_in_it_exists():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for name in re.findall(r"`?make ([a-z]+)", README.read_text("utf-8")):
        assert name in targets


def test_every_setting_in_it_exists():
    text = README.read_text("utf-8")
    found = set(re.findall(r"\b(?:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT)\b", text))
    assert found == {name.upper() for name in Settings.model_fields}


def test_every_picture_and_link_of_the_repository_is_there():
    for path in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README.read_text("utf-8")):
        assert (ROOT / path).exists(), path


def test_the_two_commands_of_the_first_screen_come_first():
    first_screen = README.read_text("utf-8")[:1800]
    assert "make demo" in first_screen
    assert "make test" in first_screen
    assert "digest.png" in first_screen


def test_every_query_of_the_language_table_parses():
    table = (
        README.read_text("utf-8").partition("### The query language")[2].partition("Categories side by side")[0]
    )
    cells = [row.split(" | ")[0].lstrip("| ") for row in table.splitlines() if row.startswith("| `")]
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
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
