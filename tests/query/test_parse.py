"""What people type, and what it means. Every line of the language's table is here."""

from __future__ import annotations

import pytest

from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Query, Term, parse


def word(text: str, field: Field | None = None) -> Term:
    return Term(text, field, quoted=False, prefix=False)


def phrase(text: str, field: Field | None = None) -> Term:
    return Term(text, field, quoted=True, prefix=False)


def prefix(text: str, field: Field | None = None) -> Term:
    return Term(text, field, quoted=False, prefix=True)


def category(pattern: str) -> InCategory:
    return InCategory(pattern, primary=False)


def both(*parts: Node) -> And:
    return And(parts)


def either(*parts: Node) -> Or:
    return Or(parts)


A, B, C, D = map(word, "abcd")
LG, CL, AI = map(category, ("cs.LG", "cs.CL", "cs.AI"))

CATEGORIES = [
    ("cs.LG", LG),
    ("CS.lg", LG),
    ("cat:cs.LG", LG),
    ("category:CS.LG", LG),
    ('cat:" cs.lg "', LG),
    ("cs.LG.", LG),
    ("math.IT", category("cs.IT")),
    ("cs.NA", category("math.NA")),
    ("hep-th", category("hep-th")),
    ("cat:hep-th", category("hep-th")),
    ("hep-th.*", category("hep-th")),
    ("quant-ph", category("quant-ph")),
    ("cmp-lg", category("cs.CL")),
    ("math.MP", category("math-ph")),
    ("stat.*", category("stat.*")),
    ("STAT.*", category("stat.*")),
    ("cat:cs", category("cs.*")),
    ("cat:cs.*", category("cs.*")),
    ("astro-ph", category("astro-ph.*")),
    ("astro-ph.*", category("astro-ph.*")),
    ("q-bio", category("q-bio.*")),
    ("primary:cs.LG", InCategory("cs.LG", primary=True)),
    ("primary:math", InCategory("math.*", primary=True)),
    ("cat:(cs.LG, cs.CL)", either(LG, CL)),
]

TERMS = [
    ("diffusion", word("diffusion")),
    ("Diffusion", word("Diffusion")),
    ("cs", word("cs")),
    ("stat math", both(word("stat"), word("math"))),
    ("gpt.4", word("gpt.4")),
    ("node.js", word("node.js")),
    ("state-space", word("state-space")),
    ("GPT-4", word("GPT-4")),
    ("R&D", word("R&D")),
    ("C++", word("C++")),
    ("Bell's", word("Bell's")),
    ("Bell’s", word("Bell's")),
    ("http://a.b/c", word("http://a.b/c")),
    ("https:x", word("https:x")),
    ("12:30", word("12:30")),
    ('"or not"', phrase("or not")),
    ("+x", word("x")),
    ('"score matching"', phrase("score matching")),
    ('"  score\tmatching "', phrase("score matching")),
    ("“score matching”", phrase("score matching")),
    ("„score matching“", phrase("score matching")),
    ("«score matching»", phrase("score matching")),
    ("＂score　matching＂", phrase("score matching")),
    ('"AND"', phrase("AND")),
    ('"cs.LG"', phrase("cs.LG")),
    ('"title:x (y, z) | -w*"', phrase("title:x (y, z) | -w*")),
    ('"C*-algebra"', phrase("C*-algebra")),
    ("quantiz*", prefix("quantiz")),
    ("quantiz＊", prefix("quantiz")),
    ("注意力", word("注意力")),
    ("注意力机制", word("注意力机制")),
    ("注意力*", word("注意力")),
    ('"注意力"', phrase("注意力")),
    ("ＧＰＴ", word("GPT")),
]

FIELDS = [
    ("ti:and", word("and", Field.TITLE)),
    ("title:kv", word("kv", Field.TITLE)),
    ("TI:kv", word("kv", Field.TITLE)),
    ("ti：kv", word("kv", Field.TITLE)),
    ("ti: kv", word("kv", Field.TITLE)),
    ("abstract:kv", word("kv", Field.ABSTRACT)),
    ("abs:kv", word("kv", Field.ABSTRACT)),
    ("comment:neurips", word("neurips", Field.COMMENT)),
    ("comments:neurips", word("neurips", Field.COMMENT)),
    ("co:neurips", word("neurips", Field.COMMENT)),
    ("au:lecun", word("lecun", Field.AUTHOR)),
    ('au:"Yann LeCun"', phrase("Yann LeCun", Field.AUTHOR)),
    ("author:lec*", prefix("lec", Field.AUTHOR)),
    ("ti:注意力", word("注意力", Field.TITLE)),
    ("ti:cs.LG", word("cs.LG", Field.TITLE)),
    ("ti:(a, b)", either(word("a", Field.TITLE), word("b", Field.TITLE))),
    ("ti:(a au:b)", both(word("a", Field.TITLE), word("b", Field.AUTHOR))),
    ("a ti:-b", both(A, Not(word("b", Field.TITLE)))),
    ("a type:new", both(A, OfType("new"))),
    ("a type:Replace-Cross", both(A, OfType("replace-cross"))),
    ("a type:revised", both(A, OfType("replace"))),
    ("a type:updated", both(A, OfType("replace"))),
    ("a type:新提交", both(A, OfType("new"))),
    ("a type:(new, cross)", both(A, either(OfType("new"), OfType("cross")))),
    ("a -type:cross", both(A, Not(OfType("cross")))),
]

OPERATORS = [
    ("a b", both(A, B)),
    ("a AND b", both(A, B)),
    ("a & b", both(A, B)),
    ("a && b", both(A, B)),
    ("a　b\u00a0c", both(A, B, C)),
    ("a, b", either(A, B)),
    ("a，b", either(A, B)),
    ("a、b", either(A, B)),
    ("a OR b", either(A, B)),
    ("a|b", either(A, B)),
    ("a ｜ b", either(A, B)),
    ("a || b", either(A, B)),
    ("a b OR c d", either(both(A, B), both(C, D))),
    ("a, b c", both(either(A, B), C)),
    ("a b, c", both(A, either(B, C))),
    ("a AND b, c", both(A, either(B, C))),
    ("a -b", both(A, Not(B))),
    ("a －b", both(A, Not(B))),
    ("a –b", both(A, Not(B))),
    ("a NOT b", both(A, Not(B))),
    ("a AND NOT b", both(A, Not(B))),
    ("a --b", both(A, Not(B))),
    ("a NOT -b", both(A, B)),
    ("a (-b OR c)", both(A, either(Not(B), C))),
    ("a -(b c)", both(A, Not(both(B, C)))),
    ("a -(b, c)", both(A, Not(either(B, C)))),
    ("(a)", A),
    ("（a，b） c", both(either(A, B), C)),
    ("a (b c)", both(A, B, C)),
    ("a, (b OR c)", either(A, B, C)),
    ("a a b", both(A, B)),
    ("a, a", A),
    ('a"b c"d', both(A, phrase("b c"), D)),
    ("a(b)", both(A, B)),
]

SIDE_BY_SIDE = [
    ("cs.LG cs.CL", either(LG, CL)),
    ("cs.LG cs.CL cs.AI", either(LG, CL, AI)),
    ("cs.LG, cs.CL cs.AI", either(LG, CL, AI)),
    ("cs.LG cs.CL a", both(either(LG, CL), A)),
    ("a cs.LG cs.CL b", both(A, either(LG, CL), B)),
    ("cs.LG a cs.CL", both(LG, A, CL)),
    ("cs.LG AND cs.CL", both(LG, CL)),
    ("cs.LG & cs.CL", both(LG, CL)),
    ("cs.LG AND cs.CL cs.AI", both(LG, either(CL, AI))),
    ("cs.LG cs.CL AND cs.AI", both(either(LG, CL), AI)),
    ("cs.LG primary:cs.CL", either(LG, InCategory("cs.CL", primary=True))),
    ("cs.LG -cs.CL", both(LG, Not(CL))),
    ("a -(cs.LG cs.CL)", both(A, Not(either(LG, CL)))),
    ("cs.LG, a cs.CL", both(either(LG, A), CL)),
    (
        'cs.LG, cs.CL "kv cache", quantization -survey',
        both(either(LG, CL), either(phrase("kv cache"), word("quantization")), Not(word("survey"))),
    ),
]


@pytest.mark.parametrize(("text", "root"), CATEGORIES + TERMS + FIELDS + OPERATORS + SIDE_BY_SIDE)
def test_a_text_means(text, root):
    assert parse(text).root == root


@pytest.mark.parametrize(("text", "root"), CATEGORIES + TERMS + FIELDS + OPERATORS + SIDE_BY_SIDE)
def test_its_canonical_text_means_the_same(text, root):
    assert parse(str(Query(root))) == Query(root)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("cs.lg", "cs.LG"),
        ("cat:cs", "cs.*"),
        ("primary:MATH.it", "primary:cs.IT"),
        ("cs.LG cs.CL", "cs.LG, cs.CL"),
        ("cs.LG cs.CL a", "cs.LG, cs.CL a"),
        ("cs.LG & cs.CL a", "cs.LG AND cs.CL a"),
        ("a AND b", "a b"),
        ("a | b", "a, b"),
        ("(a | b) c", "a, b c"),
        ("(a | b c) d", "(a OR b c) d"),
        ("a (-b | c)", "a (-b OR c)"),
        ("a NOT (b, c)", "a -(b, c)"),
        ("a NOT (b c)", "a -(b c)"),
        ("ti:(a, “b c”)", 'title:a, title:"b c"'),
        ("AU:lec* co:x abs:y", "author:lec* comment:x abstract:y"),
        ("a type:updated", "a type:replace"),
        ("注意力，量化　－综述", "注意力, 量化 -综述"),
        (
            'cs.LG, cs.CL "kv cache", quantization -survey',
            'cs.LG, cs.CL "kv cache", quantization -survey',
        ),
    ],
)
def test_the_canonical_text_is(text, canonical):
    assert str(parse(text)) == canonical


def test_zero_width_and_control_characters_are_as_if_not_typed():
    assert parse("\ufeffcs.LG\u200b \x00kv\u00adcache") == parse("cs.LG kvcache")


def test_accents_are_one_character_however_they_were_typed():
    assert parse("Poincare\u0301") == parse("Poincar\u00e9")


def test_fifty_terms_are_taken():
    assert len(parse(", ".join(f"t{n}" for n in range(50))).terms) == 50


def test_twenty_brackets_are_taken():
    assert parse("(" * 20 + "a" + ")" * 20).root == A


def test_the_categories_of_a_query_are_those_that_it_wants():
    query = parse("cs.LG, math.IT (a OR primary:hep-th b) -cs.CV -(cs.CL a)")
    assert query.categories == {"cs.LG", "cs.IT", "hep-th"}


def test_an_archive_has_all_its_categories():
    query = parse("stat.*")
    assert {"stat.ML", "stat.ME", "math.ST"} <= query.categories
    assert "stat.*" not in query.categories


def test_a_bare_archive_of_old_papers_is_not_read():
    categories = parse("astro-ph").categories
    assert "astro-ph.GA" in categories
    assert "astro-ph" not in categories


def test_a_query_without_categories_has_none():
    assert parse("a -cs.LG").categories == frozenset()


def test_the_terms_of_a_query_are_those_that_it_wants():
    assert parse("a, ti:b (a OR -c) -(d e)").terms == (A, word("b", Field.TITLE))


def test_a_type_counts_wherever_it_is():
    assert parse("a -type:replace").has_type
    assert not parse("a new").has_type


def test_queries_that_say_the_same_are_equal_and_hash_alike():
    assert len({parse("cs.LG & a"), parse("CS.lg a"), parse("(cat:cs.LG) +a a")}) == 1
