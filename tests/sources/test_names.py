"""The names in author lines: those of people and teams, bare, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.sources.names import Run, authors, names_in

STRINGS = Path(__file__).parents[3] / "shared" / "cases" / "author_strings.jsonl"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (r"Jane Doe (Univ. of A, Dept. B, City), Jos\'e Mart\'inez Jr.", ("Jane Doe", "José Martínez Jr.")),
        ("A (B (C, D), E), F", ("A", "F")),
        ("(The X Collaboration), J. Doe (for the X, Y)", ("The X Collaboration", "J. Doe")),
        ("A (Univ. of B, C. Doe", ("A (Univ. of B", "C. Doe")),
        ("A )B(, C", ("A B", "C")),
        ("A\n  B,, ,C", ("A B", "C")),
        ("", ()),
        ("Qwen, :, An Yang", ("Qwen", "An Yang")),
        ("The Tide Team: Ada Roe, Bo Ek", ("The Tide Team", "Ada Roe", "Bo Ek")),
        (": , ;, Ada Roe", ("Ada Roe",)),
        ("John Doe, Jr., Ada Roe", ("John Doe Jr.", "Ada Roe")),
        ("John Doe, Sr, Henry Tudor, III", ("John Doe Sr", "Henry Tudor III")),
        ("John Doe, II (Univ. of A), Ada Roe", ("John Doe II", "Ada Roe")),
        ("Jr.", ("Jr.",)),
        (" Li,  Hai,  IBM", ("Li", "Hai", "IBM")),
        ("李明, 王芳", ("李明", "王芳")),
        ("Ada Roe, for the Belle-II Collaboration", ("Ada Roe", "Belle-II Collaboration")),
        ("Ada Roe, for the\n  CMS", ("Ada Roe", "CMS")),
        ("Forthe Ada, For Thea", ("Forthe Ada", "For Thea")),
        ("Ada Roe, et al.", ("Ada Roe",)),
        ("Ada Roe, Bo Ek, and Andy Sand", ("Ada Roe", "Bo Ek", "Andy Sand")),
        ("Ada Roe for the X Team, on behalf of the Y Group", ("Ada Roe", "X Team", "Y Group")),
        ("(Ada Lovelace)", ("Ada Lovelace",)),
        ("A B, C D, (both at MIT)", ("A B", "C D")),
    ],
)
def test_authors_are_split_outside_parentheses_and_lose_their_affiliations(text, names):
    assert authors(text) == names


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        ([Run(""), Run("Ada Roe", is_name=True), Run(", Hai, Li, IBM, "), Run("Bo Ek", is_name=True)],
         ("Ada Roe", "Hai", "Li", "IBM", "Bo Ek")),
        ([Run(""), Run("Ada Roe", is_name=True), Run(" (Univ. A, B), for the "), Run("X Team", is_name=True)],
         ("Ada Roe", "X Team")),
        ([Run(""), Run("Henry Tudor", is_name=True), Run(", III, "), Run("Bo Ek", is_name=True)],
         ("Henry Tudor III", "Bo Ek")),
        ([Run(""), Run("The Tide Team", is_name=True), Run(": "), Run("Bo Ek", is_name=True), Run(", et al.")],
         ("The Tide Team", "Bo Ek")),
        ([Run("Li")], ("Li",)),
        ([Run("(The X Collaboration), "), Run("J. Doe", is_name=True)], ("The X Collaboration", "J. Doe")),
    ],
)  # fmt: skip
def test_names_between_marked_ones_are_found_and_affiliations_are_not(runs, names):
    assert names_in(runs) == names


@pytest.mark.skipif(not STRINGS.is_file(), reason="../shared/cases/author_strings.jsonl is not here")
def test_author_lines_that_were_misread_once():
    for case in map(json.loads, STRINGS.read_text("utf-8").splitlines()):
        assert list(authors(case["input"])) in case["right"]


@pytest.mark.parametrize(
    "typed",
    [
        "TEAM, :, Ada Roe, Bea Poe",
        "TEAM:, Ada Roe, Bea Poe",
        "TEAM : Ada Roe, Bea Poe",
        "TEAM: Ada Roe, Bea Poe",
        "TEAM：, Ada Roe, Bea Poe",
        "TEAM, :, Ada Roe (A: B, C), Bea Poe, :",
    ],
)
def test_the_colon_between_a_team_and_its_members_is_no_author(typed):
    assert authors(typed) == ("TEAM", "Ada Roe", "Bea Poe")
