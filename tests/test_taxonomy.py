"""The taxonomy: the data is whole and arXiv's own; codes, patterns and names are found as people write them."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import MutableMapping
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import taxonomy

ALIASES = {
    "cs.NA": "math.NA",
    "cs.SY": "eess.SY",
    "math.IT": "cs.IT",
    "math.MP": "math-ph",
    "q-fin.EC": "econ.GN",
    "stat.TH": "math.ST",
}
DIVIDED = ("astro-ph", "cond-mat", "q-bio")
CANONICAL = sorted(code for code, category in taxonomy.categories().items() if not category.alias_of)


@pytest.fixture(scope="module")
def data():
    return tomllib.loads(files("bot").joinpath("taxonomy.toml").read_text(encoding="utf-8"))


def test_there_are_155_codes_of_149_categories_in_20_archives_and_8_groups(data):
    assert len(taxonomy.categories()) == 155
    assert len(CANONICAL) == 149
    assert len(taxonomy.archives()) == 20
    assert {archive.group for archive in taxonomy.archives().values()} == set(data["groups"])
    assert len(data["groups"]) == 8


def test_every_category_is_in_an_archive_that_exists():
    assert {category.archive for category in taxonomy.categories().values()} == set(taxonomy.archives())
    for code, category in taxonomy.categories().items():
        assert category.code == code
        assert code.partition(".")[0] == category.archive


def test_the_tables_cannot_be_changed():
    assert not isinstance(taxonomy.categories(), MutableMapping)
    assert not isinstance(taxonomy.archives(), MutableMapping)


def test_the_committed_data_agrees_with_arxivs_own(samples: Path):
    with (samples / "taxonomy.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    for row in rows:
        assert taxonomy.resolve(row["code"]) == (row["alias_of"] or row["code"])
        assert taxonomy.name(row["archive"], "en") == row["archive_name"] or row["kind"] == "subsumed_archive"
    active = [row for row in rows if row["active"] == "1"]
    ours = [
        (category.code, category.name, category.archive, category.alias_of or "")
        for category in taxonomy.categories().values()
    ]
    assert ours == [(row["code"], row["name"], row["archive"], row["alias_of"]) for row in active]
    assert {archive.code: archive.group for archive in taxonomy.archives().values()} == {
        row["archive"]: row["group"] for row in active
    }


@pytest.mark.parametrize("table", ["groups", "archives", "categories"])
def test_every_chinese_name_is_chinese_with_full_width_punctuation(data, table):
    for row in data[table].values():
        name = row["name_zh"]
        assert re.search(r"[\u4e00-\u9fff]", name)
        assert not re.search(r"[^\w（）、]", re.sub(r"(?<=[A-Z]) (?=[\u4e00-\u9fff])", "", name)), name
        assert name.count("（") == name.count("）")


def test_names_tell_categories_apart_in_chinese():
    names = [taxonomy.name(code, "zh") for code in CANONICAL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("alias", "code"), ALIASES.items())
def test_an_alias_and_its_category_are_one(alias, code):
    assert taxonomy.categories()[alias].alias_of == code
    assert taxonomy.resolve(alias) == taxonomy.resolve(code) == code
    assert taxonomy.synonyms(alias) == taxonomy.synonyms(code) == {alias, code}


def test_there_are_no_other_aliases():
    assert {c.code: c.alias_of for c in taxonomy.categories().values() if c.alias_of} == ALIASES


def test_the_18_subsumed_archives_are_categories_of_today(data):
    assert len(data["subsumed"]) == 18
    for old, code in data["subsumed"].items():
        assert code in CANONICAL
        assert taxonomy.resolve(old) == code
        assert old in taxonomy.synonyms(code)
        assert taxonomy.expand(old) == {code}
        assert taxonomy.name(old, "zh") == taxonomy.name(code, "zh")


@pytest.mark.parametrize("code", DIVIDED)
def test_an_archive_that_very_old_papers_carry_bare_is_itself(code):
    assert taxonomy.resolve(code) == code
    assert taxonomy.synonyms(code) == {code}
    assert code not in taxonomy.categories()


def test_codes_are_found_in_any_case():
    assert taxonomy.resolve("CS.lg") == "cs.LG"
    assert taxonomy.resolve("MATH.it") == "cs.IT"
    assert taxonomy.resolve("Cond-Mat.MTRL-Sci") == "cond-mat.mtrl-sci"
    assert taxonomy.expand("STAT.*") == taxonomy.expand("stat")


@pytest.mark.parametrize("code", ["", "cs", "cs.", "cs.XX", "cs.*", "cs.LG.*", "physics", " cs.LG", "机器学习"])
def test_what_is_no_category_resolves_to_none_and_has_no_synonyms(code):
    assert taxonomy.resolve(code) is None
    assert taxonomy.synonyms(code) == frozenset()


@pytest.mark.parametrize(("archive", "count"), [("cs", 40), ("physics", 22), ("nlin", 5), ("hep-th", 1)])
def test_an_archive_expands_to_its_categories_with_or_without_a_star(archive, count):
    assert len(taxonomy.expand(archive)) == count
    assert taxonomy.expand(f"{archive}.*") == taxonomy.expand(archive)


def test_an_archive_expands_to_the_canonical_codes_of_its_aliases():
    assert taxonomy.expand("stat.*") == {"stat.AP", "stat.CO", "stat.ME", "stat.ML", "stat.OT", "math.ST"}
    assert {"math-ph", "cs.IT"} < taxonomy.expand("math")
    assert "math.IT" not in taxonomy.expand("math")


@pytest.mark.parametrize(("archive", "count"), [("astro-ph", 6), ("cond-mat", 9), ("q-bio", 10)])
def test_a_divided_archive_expands_to_its_categories_and_the_bare_code_of_old_papers(archive, count):
    assert archive in taxonomy.expand(archive)
    assert len(taxonomy.expand(archive) & taxonomy.categories().keys()) == count
    assert len(taxonomy.expand(archive)) == count + 1


def test_a_category_expands_to_itself_and_the_unknown_to_nothing():
    assert taxonomy.expand("cs.LG") == {"cs.LG"}
    assert taxonomy.expand("math.it") == {"cs.IT"}
    for pattern in ("", "*", ".*", "xx.*", "cs.XX", "cs.LG.*", "c*"):
        assert taxonomy.expand(pattern) == frozenset()


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("cs.LGG", "cs.LG"),
        ("csLG", "cs.LG"),
        ("cs/ai", "cs.AI"),
        ("hepth", "hep-th"),
        ("LG", "cs.LG"),
        ("cs.ML", "stat.ML"),
        ("cs.VC", "cs.CV"),
        ("math-it", "cs.IT"),
        ("cmp-lgg", "cs.CL"),
        ("cond-mat.super-con", "cond-mat.supr-con"),
        ("stats.*", "stat.*"),
        ("robotics", "cs.RO"),
        ("robotcs", "cs.RO"),
        ("human computer", "cs.HC"),
        ("Computer Science", "cs.*"),
        ("astrophysics", "astro-ph.*"),
        ("机器人", "cs.RO"),
        ("自然语言", "cs.CL"),
        ("统计学", "stat.*"),
    ],
)
def test_a_mistyped_code_or_a_piece_of_a_name_is_understood(typed, best):
    assert taxonomy.suggest(typed)[0] == best


def test_both_kinds_of_machine_learning_are_suggested():
    assert taxonomy.suggest("machine learning") == ("cs.LG", "stat.ML")
    assert taxonomy.suggest("机器学习")[:2] == ("cs.LG", "stat.ML")


@pytest.mark.parametrize("typed", ["", " ", ".", "*", ".*", "cs.XX", "deep sea fishing"])
def test_nothing_is_suggested_when_nothing_is_near(typed):
    assert taxonomy.suggest(typed) == ()


@given(
    st.text(max_size=40)
    | st.sampled_from(CANONICAL).flatmap(lambda code: st.sampled_from([code[:-1], code + "x"]))
)
def test_suggestions_are_few_different_and_can_be_typed(typed):
    suggestions = taxonomy.suggest(typed)
    assert len(suggestions) == len(set(suggestions)) <= 3
    assert all(taxonomy.expand(pattern) for pattern in suggestions)


@given(st.text(max_size=20) | st.sampled_from(sorted(taxonomy.categories())))
def test_what_resolves_stays_resolved_and_is_its_own_synonym(code):
    resolved = taxonomy.resolve(code)
    if resolved is None:
        assert code not in taxonomy.categories()
    else:
        assert taxonomy.resolve(resolved) == resolved
        assert resolved in taxonomy.synonyms(code)


def test_categories_archives_and_old_codes_have_names_in_both_languages():
    assert taxonomy.name("cs.LG", "en") == "Machine Learning"
    assert taxonomy.name("stat.ml", "zh") == "机器学习（统计）"
    assert taxonomy.name("cs", "en") == taxonomy.name("cs.*", "en") == "Computer Science"
    assert taxonomy.name("astro-ph", "zh") == "天体物理学"
    assert taxonomy.name("cmp-lg", "zh") == "自然语言处理"


def test_an_unknown_code_is_its_own_name():
    assert taxonomy.name("cs.XX", "zh") == taxonomy.name("cs.XX", "en") == "cs.XX"


def test_what_can_be_read_of_some_patterns_are_codes_and_all_of_them_on_demand():
    assert taxonomy.readable(["cs.LG", "stat.*", "cs.XX"]) >= {"cs.LG", "stat.ML", "math.ST"}
    assert taxonomy.readable(["astro-ph.*"]).isdisjoint({"astro-ph"})
    assert taxonomy.readable(["cs.XX"]) == frozenset()
    assert len(taxonomy.readable(["all"])) == len(
        {one.alias_of or one.code for one in taxonomy.categories().values()}
    )
