"""What is compiled outlives a restart, unless anything about it is in doubt."""

from __future__ import annotations

import random
from hashlib import blake2b

import pytest

from bot.matching import Matcher, reads
from bot.matching.index import Index
from bot.matching.index_file import IndexFile
from bot.query import parse
from tests.matching.invented import candidate, queries
from tests.matching.test_index import found

KEY = b"k" * 32


@pytest.fixture(scope="module")
def day():
    dice = random.Random(20260611)
    return [candidate(dice, number) for number in range(120)], queries(dice, 1600)


@pytest.fixture(scope="module")
def expected(day):
    """What the first 1,200 queries find."""
    return found(Index(day[1][:1200]), day[0])


@pytest.fixture(scope="module")
def written(day, tmp_path_factory):
    """The bytes of a file in which 1,200 queries are kept."""
    path = tmp_path_factory.mktemp("kept") / "sudi.db.compiled"
    found(Index(day[1][:1200], IndexFile(path, KEY)), [])
    return path.read_bytes()


@pytest.fixture
def index_file(written, tmp_path):
    path = tmp_path / "sudi.db.compiled"
    path.write_bytes(written)
    return path


def test_a_restart_finds_what_was_compiled_and_it_finds_the_same(day, expected, index_file):
    again = Index(None, IndexFile(index_file, KEY))
    assert len(again) == 1200
    assert found(again, day[0]) == expected


def test_damage_of_any_kind_costs_time_and_nothing_else(day, expected, written, index_file):
    papers, texts = day
    dice = random.Random(7)
    damaged = [b"", written[:40], written[:64], written[:-1], written + b"\x00", written[64:]]
    for _ in range(40):
        place, bit = dice.randrange(len(written)), dice.randrange(8)
        damaged.append(written[:place] + bytes([written[place] ^ 1 << bit]) + written[place + 1 :])
    for content in damaged:
        index_file.write_bytes(content)
        assert len(Index(None, IndexFile(index_file, KEY))) == 0
    assert found(Index(texts[:1200], IndexFile(index_file, KEY)), papers) == expected
    assert index_file.read_bytes() == written, "it is written anew"


def test_what_other_code_has_compiled_is_not_read(written, index_file):
    content = written[64:]
    index_file.write_bytes(blake2b(content, key=b"another version").digest() + content)
    assert len(Index(None, IndexFile(index_file, KEY))) == 0


def test_a_file_that_somebody_without_the_key_has_written_is_not_read(day, expected, tmp_path):
    papers, texts = day
    path = tmp_path / "sudi.db.compiled"
    found(Index(texts[200:1400], IndexFile(path, b"another key")), [])
    assert len(Index(None, IndexFile(path, KEY))) == 0
    assert found(Index(texts[:1200], IndexFile(path, KEY)), papers) == expected
    assert len(Index(None, IndexFile(path, KEY))) == 1200


def test_nobody_else_can_read_what_is_asked_for(index_file, day):
    index_file.unlink()
    found(Index(day[1][:1200], IndexFile(index_file, KEY)), [])
    assert index_file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_or_read_stops_nobody(day, expected, tmp_path, caplog):
    papers, texts = day
    (tmp_path / "file").touch()
    index = Index(texts[:1200], IndexFile(tmp_path / "file" / "sudi.db.compiled", KEY))
    assert found(index, papers) == expected
    assert [one.message.split()[0] for one in caplog.records] == ["compiled_not_read", "compiled_not_kept"]


def test_a_few_queries_are_not_worth_a_file(day, tmp_path):
    path = tmp_path / "sudi.db.compiled"
    found(Index(day[1][:999], IndexFile(path, KEY)), [])
    assert not path.exists()


def test_what_came_and_went_before_and_after_a_restart_is_known(day, index_file):
    papers, texts = day
    dice = random.Random(3)
    index = Index(None, IndexFile(index_file, KEY))
    standing = set(texts[:1200])
    for step in range(24):
        standing -= set(dice.sample(sorted(standing), dice.choice((0, 1, 9, 60))))
        standing |= set(dice.sample(texts, dice.choice((0, 1, 15, 40))))
        index.update(standing)
        if step % 3 == 0:
            found(index, [])
        if step % 4 == 3:
            index = Index(standing, IndexFile(index_file, KEY))
        assert index.reads() == reads(map(parse, standing))
    assert found(index, papers) == found(Index(standing), papers)


def test_the_categories_to_read_are_those_of_the_queries_that_stand(day, tmp_path):
    dice = random.Random(5)
    bounded = [text for text in day[1] if reads([parse(text)]) is not None]
    matcher = Matcher(tmp_path / "sudi.db.compiled", KEY)
    for size in (0, 1, 3, 200, 5):
        some = dice.sample(bounded, size)
        assert matcher.reads(some) == reads(map(parse, some))
    assert matcher.reads([*some, "rag"]) is None
    assert matcher.reads(some) is not None
