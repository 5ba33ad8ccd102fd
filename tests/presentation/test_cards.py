"""What cards and digests say, whichever channel shows them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import available
from bot.digest import NAMED, Card
from bot.model import AnnounceType, Change, ChangeKind, Coverage, Language, Reason, Subscription, Summary
from bot.presentation.cards import cards_lines, digest_lines, further_lines
from bot.presentation.lines import CardLines
from bot.text.harmless import one_line
from tests.channels.cards import DAY, SUBSCRIPTION, card, digest, paper, summary


def lines(one: Card, language: Language) -> CardLines:
    return cards_lines([one], language)[0]


def test_what_is_shared_by_the_channels_is_no_channel():
    assert {"console", "email"} <= set(available())
    assert not {"cards", "faults", "coverage"} & set(available())


def test_a_reader_of_both_languages_gets_all_texts_english_title_first():
    both = lines(card(), Language.BOTH)
    assert [title.lang for title in both.titles] == ["en", "zh-Hans"]
    assert [line.label for line in both.lines] == ["AI 总结"]
    assert [note.lead for note in both.notes] == ["Comments: "]
    assert [abstract.lang for abstract in both.abstracts] == ["en", "zh-Hans"]
    assert both.facts == "cs.LG cs.CL · new", "our own words are said once"
    assert both.caution == ""


def test_a_card_says_where_its_paper_was_published():
    published = lines(card(journal_ref="Phys. Rev. D 99 (2019) 1", doi="10.1103/PhysRevD.99.1"), Language.BOTH)
    assert [(note.label, note.text) for note in published.notes][-1] == (
        "Published",
        "Phys. Rev. D 99 (2019) 1 · doi:10.1103/PhysRevD.99.1",
    )
    assert [note.text for note in lines(card(doi="10.5/x"), Language.EN).notes][-1] == "doi:10.5/x"


def test_a_reader_of_chinese_keeps_the_english_title_and_needs_no_english_abstract():
    chinese = lines(card(), Language.ZH)
    assert [title.lang for title in chinese.titles] == ["zh-Hans", "en"]
    assert [abstract.lang for abstract in chinese.abstracts] == ["zh-Hans"]
    assert chinese.facts.endswith("· 新提交")


def test_a_reader_of_chinese_gets_the_english_abstract_when_there_is_no_other():
    one = card()
    assert one.summary
    without = replace(one, summary=replace(one.summary, abstract=""))
    assert [one.lang for one in lines(without, Language.ZH).abstracts] == ["en"]


def test_a_reader_of_english_sees_no_chinese():
    english = lines(card(), Language.EN)
    passages = (*english.titles, *english.lines, *english.notes, *english.abstracts)
    assert {each.lang for each in passages} == {"en"}
    assert digest_lines(digest(card(), language=Language.EN)).provenance == ""


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.EN, ""), (Language.ZH, "中文译文暂缺"), (Language.BOTH, "No Chinese text yet")],
)
def test_missing_chinese_is_said_to_those_who_read_it(language: Language, said: str):
    assert lines(card(chinese=False), language).caution == said
    one = card()
    empty = replace(one, summary=summary(one.paper, title="", one_line="", abstract=""))
    assert lines(empty, language).caution == said


def test_many_authors_are_cut_with_their_number():
    names = tuple(f"Author {n}" for n in range(1, 22))
    assert lines(card(authors=names), Language.EN).authors.endswith("Author 12 and 9 more authors")
    assert lines(card(authors=names[:13]), Language.EN).authors.endswith("Author 12 and 1 more author")
    crowd = card(authors=tuple(f"Author {n}" for n in range(3000)))
    assert lines(crowd, Language.EN).authors.endswith("and 2,988 more authors")
    assert lines(card(authors=names), Language.ZH).authors.endswith("Author 12 等 21 人")
    assert lines(card(authors=names[:12]), Language.EN).authors.endswith("Author 11, Author 12")


@pytest.mark.parametrize(
    ("kind", "english", "chinese"),
    [
        (AnnounceType.NEW, "new", "新提交"),
        (AnnounceType.CROSS, "cross-listed", "交叉"),
        (AnnounceType.REPLACE, "revised, version 3", "修订，第 3 版"),
        (AnnounceType.REPLACE_CROSS, "revised and cross-listed, version 3", "交叉修订，第 3 版"),
    ],
)
def test_the_type_is_named_and_revisions_say_their_version(kind: AnnounceType, english: str, chinese: str):
    one = card(type=kind, version=1 if kind is AnnounceType.NEW else 3)
    assert lines(one, Language.EN).facts == f"cs.LG cs.CL · {english}"
    assert lines(one, Language.ZH).facts == f"cs.LG cs.CL · {chinese}"


@pytest.mark.parametrize(
    ("id_", "age"),
    [
        ("2205.01234", " · first submitted May 2022"),
        ("hep-th/9901001", " · first submitted January 1999"),
        ("math.AG/0001001", " · first submitted January 2000"),
        ("2605.01234", ""),
        ("2606.01234", ""),
        ("odd", ""),
    ],
)
def test_an_old_paper_that_is_newly_cross_listed_says_its_age(id_: str, age: str):
    assert lines(card(id=id_, type=AnnounceType.CROSS), Language.EN).facts == f"cs.LG cs.CL · cross-listed{age}"
    assert "first submitted" not in lines(card(id=id_), Language.EN).facts


def test_the_age_is_said_in_the_language_of_the_sentences():
    old = card(id="2205.01234", type=AnnounceType.CROSS)
    assert lines(old, Language.BOTH).facts.endswith("cross-listed · first submitted May 2022")
    assert lines(old, Language.ZH).facts.endswith("交叉 · 首次提交于 2022 年 5 月")


def test_a_later_version_is_never_new():
    assert lines(card(version=2), Language.EN).facts == "cs.LG cs.CL · revised, version 2"


def test_a_withdrawn_paper_is_called_so():
    one = card(type=AnnounceType.REPLACE, comments="This paper has been withdrawn by the authors", version=2)
    assert lines(one, Language.EN).facts == "cs.LG cs.CL · withdrawn in version 2"


def test_what_has_become_of_a_paper_is_one_line_in_the_language_of_the_sentences():
    became = (
        Change(paper(title=r"The {L}ake $\alpha$"), ChangeKind.WITHDRAWN),
        Change(paper(2, title="Tides"), ChangeKind.MOVED, "cs.LG", "stat.ML"),
    )
    english = digest_lines(digest(card(), language=Language.BOTH, changes=became)).changes
    assert [(one.id, one.said) for one in english] == [
        ("2606.90001", "was withdrawn: The Lake α"),
        ("2606.90002", "has moved from cs.LG to stat.ML: Tides"),
    ]
    assert english[0].url == "https://arxiv.org/abs/2606.90001"
    chinese = digest_lines(digest(card(), language=Language.ZH, changes=became)).changes
    assert [one.said for one in chinese] == ["已撤稿：The Lake α", "已从 cs.LG 移至 stat.ML：Tides"]


def test_the_line_in_english_says_whether_a_model_or_the_authors_wrote_it_and_stands_where_it_is_of_use():
    one = card()
    picked = Summary(one.paper.id, 1, Language.EN, one_line="We assign bits to heads.", provenance="extract")
    made = replace(picked, one_line="Bits are assigned to heads.", provenance="llm:one")

    def english(line: Summary, language: Language, summary: Summary | None = one.summary) -> list[tuple[str, str]]:
        shown = lines(replace(one, english=line, summary=summary), language).lines
        return [(each.label, each.text) for each in shown if each.text in (picked.one_line, made.one_line)]

    authors, model = ("In the authors' words", picked.one_line), ("AI summary", made.one_line)
    assert english(picked, Language.EN) == [authors]
    assert english(made, Language.EN) == [model]
    assert english(made, Language.BOTH) == [model]
    assert english(picked, Language.BOTH) == [], "the model's Chinese line says more"
    assert english(picked, Language.BOTH, None) == [authors]
    assert english(picked, Language.ZH, None) == [("原文关键句", picked.one_line)]
    assert english(picked, Language.ZH_HANT, None) == [("原文關鍵句", picked.one_line)]
    assert english(made, Language.ZH) == []


def test_the_date_is_shown_when_a_digest_spans_several():
    first, second = card(1, date=date(2026, 6, 9)), card(2)
    assert "2026" not in lines(first, Language.EN).facts
    dated = [one.facts for one in cards_lines([first, second], Language.EN)]
    assert dated == ["cs.LG cs.CL · new · 9 June", "cs.LG cs.CL · new · 10 June"]


def test_why_it_matched_names_terms_fields_and_categories():
    assert lines(card(), Language.BOTH).why == "“kv cache” in title · cs.LG"
    assert lines(card(), Language.ZH).why == "匹配原因：标题中有“kv cache” · cs.LG"


def test_the_query_stands_once_above_if_there_is_one_and_else_on_each_card():
    other = Subscription(8, 1, 3, "cs.CL tides")
    one = digest_lines(digest(card(1), card(2), language=Language.EN))
    assert one.query == 'For cs.LG "kv cache"'
    assert [each.queries for each in one.cards] == ["", ""]
    several = digest_lines(digest(card(1), card(2, subscriptions=(other, SUBSCRIPTION)), language=Language.EN))
    assert several.query == ""
    assert [each.queries for each in several.cards] == [
        'for cs.LG "kv cache"',
        'for cs.CL tides; cs.LG "kv cache"',
    ]
    assert several.cards[0].reason == '“kv cache” in title · cs.LG · for cs.LG "kv cache"'
    assert digest_lines(digest(card(), language=Language.ZH)).query == '查询：cs.LG "kv cache"'


def test_the_sentence_that_says_most_is_marked_in_the_abstract_and_not_said_twice():
    one = card()
    picked = Summary(one.paper.id, 1, Language.EN, one_line="We assign bits to heads.", provenance="extract")
    shown = lines(replace(one, english=picked), Language.BOTH)
    english = shown.abstracts[0]
    assert english.key is not None
    assert english.text[slice(*english.key)] == "We assign bits to heads."
    assert picked.one_line not in [each.text for each in shown.lines]
    assert (
        lines(replace(one, english=replace(picked, provenance="llm:one")), Language.BOTH).abstracts[0].key is None
    )


def test_one_term_in_several_fields_and_several_subscriptions_are_said_once():
    reasons = (Reason("au:lecun", "author"), Reason("注意力", "title_zh"), Reason("注意力", "title"))
    one = card(reasons=reasons, subscriptions=(Subscription(1, 1, 1, "a"), Subscription(3, 1, 3, "b")))
    assert lines(one, Language.EN).why == ("“lecun” in authors · “注意力” in Chinese title, title")


def test_a_chinese_term_names_the_english_phrase_by_which_it_was_found():
    reasons = (Reason("扩散模型", "title_zh"), Reason("扩散模型", "title", "diffusion model"))
    one = card(reasons=reasons, subscriptions=())
    assert lines(one, Language.EN).why == (
        "“扩散模型” in Chinese title · “扩散模型” (as “diffusion model”) in title"
    )
    assert (
        lines(one, Language.ZH).why
        == "匹配原因：中文标题中有“扩散模型” · 标题中有“扩散模型”（英文“diffusion model”）"
    )


def test_a_card_without_reasons_has_no_such_line():
    assert lines(card(reasons=(), subscriptions=()), Language.EN).why == ""


def test_tex_is_readable_and_chinese_is_set():
    one = card(title=r"An $O(n^2)$ Proof of \'Etale")
    one = replace(one, summary=summary(one.paper, title="证明,复杂度为$O(n^2)$的"))
    english, chinese = lines(one, Language.BOTH).titles
    assert english.text == "An O(n²) Proof of Étale"
    assert chinese.text == "证明，复杂度为 O(n²) 的"


def test_the_title_names_the_dates_and_the_count():
    both = digest_lines(digest(card(1), card(2), rest=(card(3),)))
    assert (both.title, both.title_in_full) == ("3 papers, Wed 10 June", "3 papers, Wed 10 June 2026")
    assert digest_lines(digest(card(), language=Language.EN)).title == "1 paper, Wed 10 June"
    several = digest(*(card(n, date=date(2026, 6, n)) for n in (8, 9, 10)), language=Language.ZH)
    assert digest_lines(several).title == "6 月 8 日至 10 日，3 篇论文"
    assert digest_lines(digest(card(), language=Language.ZH)).title == "6 月 10 日，1 篇论文"


def test_an_empty_digest_says_so():
    empty = digest_lines(digest())
    assert empty.title == "0 papers, Wed 10 June"
    assert empty.nothing == "Nothing matched."
    assert empty.coverage == "Read: cs.LG 138 of 138, cs.CL 96 of 96"


def test_what_the_cap_left_out_is_counted():
    rest = tuple(card(number) for number in range(2, 25))
    assert digest_lines(digest(card(), rest=rest, language=Language.EN)).more == "and 23 more"
    assert digest_lines(digest(card(), rest=rest, language=Language.ZH)).more == "另有 23 篇"
    assert digest_lines(digest(card())).more == ""


def test_a_reader_of_chinese_is_told_a_chinese_verb_for_what_is_not_even_named():
    rest = tuple(card(number) for number in range(2, NAMED + 10))
    (said,) = further_lines(digest(card(), rest=rest, language=Language.ZH))
    assert said == "6 月 10 日另有 8 篇：今天 2026-06-10 6"


def test_the_makers_of_the_chinese_texts_are_named_once():
    assert digest_lines(digest(card(1), card(2))).provenance == "Chinese: arXivDaily"
    one = card(3)
    other = replace(one, summary=summary(one.paper, provenance="llm:qwen-max"))
    assert digest_lines(digest(card(1), other)).provenance == "Chinese: arXivDaily, AI (qwen-max)"


def test_what_does_not_add_up_is_a_warning_of_its_own():
    rows = (Coverage("cs.LG", DAY, 130, 138), Coverage("cs.CL", DAY, 96, 96))
    shown = digest_lines(digest(card(), coverage=rows, language=Language.EN))
    assert shown.coverage == "Read: cs.CL 96 of 96"
    assert shown.warnings == ("Missing: 10 June cs.LG, 130 of 138 read (counts differ)",)


def test_terminal_escapes_and_direction_tricks_are_taken_out():
    assert one_line("a\x1b[31mred\x1b[0m \x1b]8;;http://evil.test\x07b\u202eevil\u2066\n\x00c\ud800") == (
        "ared bevil c\ufffd"
    )


@given(st.text())
def test_one_line_is_one_printable_line(text: str):
    shown = one_line(text)
    assert shown.splitlines() in ([], [shown])
    assert "\x1b" not in shown
    shown.encode()


@pytest.mark.parametrize("language", [Language.ZH_HANT, Language.BOTH_HANT])
def test_a_reader_of_traditional_characters_gets_everything_chinese_in_them(language: Language):
    one = card(chinese=True)
    said = digest_lines(digest(one, language=language))
    shown = said.cards[0]
    passages = [p for p in (*shown.titles, *shown.lines, *shown.notes, *shown.abstracts) if p.lang != "en"]
    assert {p.lang for p in passages} == {"zh-Hant"}
    assert "鍵值緩存的量化" in " ".join(p.text for p in passages)
    assert {p.label for p in passages} == {"", "AI 總結"}
    assert said.lang == ("zh-Hant" if language is Language.ZH_HANT else "en")
    assert any(p.marks for p in shown.titles)


def test_labels_are_in_traditional_characters_too():
    one = card()
    machine = replace(one, summary=replace(one.summary, provenance="mt:firefox", flaws="length"))
    said = digest_lines(digest(machine, replace(card(2), summary=None), language=Language.ZH_HANT))
    assert said.provenance == "中文：機器翻譯 (Firefox)"
    assert said.cards[0].caution == "機器翻譯未通過核對，請以英文為準。"
    assert said.cards[1].caution == "中文譯文暫缺"
    assert [line.label for line in said.cards[0].lines] == ["原文關鍵句"]
    mixed = replace(machine, summary=replace(machine.summary, provenance="llm:one, mt:firefox"))
    assert lines(mixed, Language.ZH).lines[0].label.startswith("AI")
    assert (
        digest_lines(digest(mixed, language=Language.BOTH)).provenance
        == "Chinese: AI (one), Machine translation (Firefox)"
    )
