"""The form says what a query says, and the other way round; it keeps the limits of modals."""

from __future__ import annotations

import pytest

from bot.channels.slack.forms import FormDraft, FormPurpose, draft_of, fault, form, loaded
from bot.query import LENGTH_LIMIT, TERM_LIMIT, And, parse
from tests.counterparts import block_kit

HABITS = FormDraft(language="zh", time="08:30", zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("draft", "query"),
    [
        (FormDraft(("cs.LG", "cs.CL"), "kv cache, quantiz*"), 'cs.LG, cs.CL "kv cache", quantiz*'),
        (FormDraft(any="注意力，attention"), "注意力, attention"),
        (FormDraft(("cs.LG",), none="survey, position paper"), 'cs.LG -survey -"position paper"'),
        (FormDraft(authors="Yann LeCun, Wen"), 'author:"Yann LeCun", author:"Wen"'),
        (FormDraft(("cs.LG",), any="a-b", rest="type:new OR title:x"), 'cs.LG "a-b" (type:new OR title:x)'),
        (FormDraft(("cs.LG",), any='"x, y", z'), 'cs.LG "x, y", z'),
    ],
)
def test_fields_become_the_query_that_a_person_would_type(draft, query):
    assert parse(draft.query) == parse(query)


@pytest.mark.parametrize(
    "query",
    [
        'cs.LG, cs.CL "kv cache", quantiz* -survey',
        "cs.LG",
        "stat.* title:diffusion",
        "primary:cs.LG attention, 注意力 -a -b",
        'au:"Yann LeCun" au:hinton* -"x y" cs.AI',
        "cs.LG a, b c, d",
        "cs.LG OR (title:x -y)",
        "cs.LG type:new au:LeCun au:Bengio",
        "(cs.LG OR attention) (x OR title:y) -type:new",
    ],
)
def test_a_query_that_is_edited_and_saved_untouched_means_the_same(query):
    draft = draft_of(query, HABITS)
    assert (draft.language, draft.time, draft.zone) == ("zh", "08:30", "Asia/Shanghai")
    assert parts(draft.query) == parts(query)


def test_none_of_two_words_is_not_the_one_and_not_the_other():
    assert parts(draft_of("cs.LG -(a, b)", HABITS).query) == parts("cs.LG -a -b")


def parts(text: str) -> set[object]:
    root = parse(text).root
    return set(root.parts if isinstance(root, And) else [root])


@pytest.mark.parametrize("locale", ["en", "zh", "zh-hant"])
@pytest.mark.parametrize("draft", [FormDraft(), FormDraft(("cs.LG",), "x" * 400, "y", "z", "w")])
def test_the_form_keeps_the_limits_of_a_modal(locale, draft):
    purpose = FormPurpose("T1/C1", "id:3", ("en", "09:00", "UTC", "always", "5"), "Asia/Shanghai", locale)
    view = form(purpose, draft)
    assert block_kit.view_faults(view) == []
    assert loaded(view["private_metadata"]) == purpose
    for block in view["blocks"]:
        for group in block.get("element", {}).get("option_groups", []):
            assert 0 < len(group["options"]) <= 100
            assert all(len(option["text"]["text"]) <= 75 for option in group["options"])


@pytest.mark.parametrize("kind", ["{}", "title:{}"])
def test_the_longest_query_can_be_edited(kind):
    words = [kind.format(f"word{number:02}") for number in range(TERM_LIMIT - 1)]
    while len(", ".join(words)) > LENGTH_LIMIT - 10:
        words.pop()
    draft = draft_of(f"cs.LG {', '.join(words)}", HABITS)
    assert block_kit.view_faults(form(FormPurpose("T1/C1", "id:1"), draft)) == []


def test_a_form_says_in_the_readers_language_what_it_asks_for_or_what_is_wrong():
    good = FormDraft(("cs.LG",), "attention")
    assert fault(good, "en") == ""
    said = "".join(block_kit.strings(form(FormPurpose("T1/C1", locale="zh"), good)["blocks"], "text"))
    assert "意思是" in said
    assert "Type words" in fault(FormDraft(), "en")


def test_a_stored_query_that_is_none_any_more_is_shown_with_what_is_wrong():
    draft = draft_of("cs.ZZ tide", HABITS)
    assert draft.query == "(cs.ZZ tide)"
    assert "cs.zz" in fault(draft, "en").lower()
