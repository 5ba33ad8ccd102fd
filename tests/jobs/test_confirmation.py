"""What two sources say of the same day, where arXiv's own rules make them differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.jobs.confirmation import is_never_listed
from bot.model import AnnounceType
from tests.fakes import listing, paper

CROSS, NEW, REPLACE = AnnounceType.CROSS, AnnounceType.NEW, AnnounceType.REPLACE


def announced(category: str, primary: str, version: int, kind: AnnounceType):
    one = replace(paper(1), version=version, categories=(primary, category))
    return listing(category, (one, kind)).announcements[0]


@pytest.mark.parametrize("version", [6, 7, 8, 12, 99])
def test_a_cross_list_of_a_late_version_is_in_feeds_only(version):
    assert is_never_listed(announced("cs.AI", "cs.LG", version, CROSS))


@pytest.mark.parametrize("version", [1, 2, 4, 5])
def test_a_cross_list_of_an_early_version_is_missed_where_it_is_not_listed(version):
    assert not is_never_listed(announced("cs.AI", "cs.LG", version, CROSS))


@pytest.mark.parametrize(
    ("category", "primary"),
    [
        ("cs.NA", "math.NA"), ("math.NA", "cs.NA"), ("cs.SY", "eess.SY"), ("math.IT", "cs.IT"),
        ("math.MP", "math-ph"), ("q-fin.EC", "econ.GN"), ("stat.TH", "math.ST"),
    ],
)  # fmt: skip
def test_a_cross_list_into_a_second_name_of_its_own_category_is_in_feeds_only(category, primary):
    assert is_never_listed(announced(category, primary, 1, CROSS))
    assert not is_never_listed(announced(category, "hep-th", 1, CROSS))


@pytest.mark.parametrize("kind", [NEW, REPLACE])
@pytest.mark.parametrize(("category", "version"), [("cs.LG", 1), ("cs.LG", 6), ("cs.LG", 9)])
def test_what_is_no_cross_list_is_listed_whatever_its_version(kind, category, version):
    assert not is_never_listed(announced(category, category, version, kind))
