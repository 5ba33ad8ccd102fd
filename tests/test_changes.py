"""What has become of a paper: the words in which people withdraw one, and the ones in which they do not."""

from __future__ import annotations

import pytest

from bot.changes import changes, is_withdrawn
from bot.model import Change, ChangeKind
from tests.fakes import paper

FIRST = paper(1)


@pytest.mark.parametrize(
    "comments",
    [
        "This paper has been withdrawn by the authors due to an error in Lemma 3",
        "This submission has been withdrawn by arXiv administrators because of disputed authorship",
        "arXiv admin note: This paper has been withdrawn by arXiv due to unverifiable authorship",
        "Withdrawn: see arXiv:2606.90002",
        "Withdrawal due to errors in Section 2",
        "Paper withdrawn, a crucial sign was wrong",
        "The manuscript is withdrawn pending more experiments",
        "We withdraw this submission, since its data were faulty",
        "The authors have withdrawn this manuscript",
        "After long thought, we have decided to withdraw the manuscript",
        "This paper has been withdrawn from arXiv by its author",
    ],
)
def test_these_comments_withdraw_a_paper(comments: str):
    assert is_withdrawn(paper(version=2, comments=comments))
    assert not is_withdrawn(paper(version=1, comments=comments)), "nothing was there before"


@pytest.mark.parametrize(
    "comments",
    [
        "",
        "12 pages; replaces a withdrawn note",
        "A paper on papers that were withdrawn",
        "This paper was withdrawn from NeurIPS 2025",
        "Withdrawn from the proceedings, because nobody could travel",
        "A previous version of this manuscript was withdrawn",
        "It may be withdrawn once it is accepted",
        "v3: the central claims of v2 are withdrawn",
        "Section 6 is withdrawn; Lemma 6 is sharper",
        "The corrected form of arXiv:2606.90003, which was withdrawn",
        "We withdraw the claim of Theorem 2",
    ],
)
def test_these_comments_do_not(comments: str):
    assert not is_withdrawn(paper(version=2, comments=comments))


def test_where_there_are_no_comments_the_abstract_or_the_title_may_say_it():
    assert is_withdrawn(paper(version=2, abstract="This paper has been withdrawn by the author(s)."))
    assert is_withdrawn(paper(version=2, abstract="Withdrawn due to a gap in the proof."))
    assert is_withdrawn(paper(version=2, title="Withdrawn: Sparse Attention"))
    assert is_withdrawn(paper(version=2, title="Sparse Attention (withdrawn)"))
    for abstract in (
        "Withdrawn electrons are counted.",
        "Energy is withdrawn. This work is new.",
        "A withdrawal.",
    ):
        assert not is_withdrawn(paper(version=2, abstract=abstract))


def test_a_paper_is_withdrawn_once():
    second = paper(1, version=2, comments="Withdrawn")
    assert list(changes(FIRST, second)) == [Change(FIRST, ChangeKind.WITHDRAWN)]
    assert list(changes(second, paper(1, version=3, comments="Withdrawn again"))) == []


def test_a_paper_moves_when_its_primary_category_is_another():
    moved = paper(1, version=2, categories=("stat.ML", "cs.LG"))
    assert list(changes(FIRST, moved)) == [Change(FIRST, ChangeKind.MOVED, "cs.LG", "stat.ML")]
    assert list(changes(FIRST, paper(1, version=2, categories=("cs.LG", "cs.CL")))) == []


def test_two_names_of_one_category_are_no_move():
    before, now = paper(1, categories=("cs.NA", "cs.LG")), paper(1, version=2, categories=("math.NA", "cs.NA"))
    assert list(changes(before, now)) == []
    assert list(changes(before, paper(1, version=2, categories=("no.such",)))) == []
