"""Who gets what: hand-checked answers on the real captures, and the rules on invented papers.

The answers were read out of the files with a text search of their own, not with the product's parsers.
"""

from __future__ import annotations

from datetime import date

import pytest

from bot.matching import Candidate, candidates, is_wanted, match, matches, prepare, reads
from bot.model import ALL, Announcement, AnnounceType, Language, Paper, Reason, Subscription, Summary
from bot.query import parse
from bot.sources.arxiv_feed import parse as parse_feed
from bot.sources.arxivdaily import parse as parse_page

PAGE = {  # the last five digits of the ids of the sample page of 2026-06-10
    '"kv cache"': "09937 09916 09862",
    "kv-cache": "09937 09916 09862",
    "KV cache": "09937 09916 09862",
    "quantization": "09927",
    "quantiz*": "09936 09927 09861",
    "attention": "09937 09916 09862",
    "注意力": "09937 09916 09907 09862",
    "强化学习": "09936 09932 09926",
    "title:强化学习": "09932",
    "可解释": "09936 09934 09860 09850",
    "rag": "",
    "diffusion": "11138",
    "agent": "09940 09916 09856 09854",
    '"agent"': "09916 09854",
    "title:agent": "09916 09854",
    '"sparse autoencoder"': "",
    '"sparse autoencoders"': "09940 09936 09850",
    "sparse-autoencoder": "09940 09936 09850",
    '"reinforcement learning"': "09936 09932",
    '"world model"': "09936",
    "world-model": "09936",
    "multi-agent": "09854",
    "llm": "09937 09932 09927 09916 09875 09871 09866 09865 09861 09856 09854",
    '"llm"': "09937 09932 09927 09916 09866 09865 09861 09856 09854",
    "comment:neurips": "09940",
    "co:icml": "09937 09912",
    "comment:figure": "09927 09923 09875 09856 09854",
    '"vision-language"': "09919 09871",
    "study": "09917",
    "policies": "09932 09927 09871",
    "au:kertesz": "09927",
    'au:"Gábor Kertész"': "09927",
    'au:"G. Kertesz"': "09927",
    "author:lake": "09856",
    "au:liu": "09932 09925",
    "cs.NA": "11138",
    "math.NA": "11138",
    "primary:cs.CL": "09856 09854",
    "cs.CL": "09937 09927 09856 09854 09850",
    "cs.CL -primary:cs.CL": "09937 09927 09850",
    "stat.*": "09875 09860 09856",
    "cs.CL, stat.ML llm -comment:figures": "09937",
    "cs.CL stat.ML llm, alignment type:new": "09856 09854",
    "cs.CR NOT cs.AI": "09934 09865",
    "cs.MA AND cs.RO": "09919",
    "grpo OR primary:cs.SD": "09925 09871 09850",
}

STAT = {  # the feed of 2024-03-26
    "conformal": "2403.15527 2403.16336 2403.16871 2306.14693 2403.03868",
    "conformal type:new": "2403.15527 2403.16336",
    "conformal -type:replace": "2403.15527 2403.16336 2403.16871",
    "copula": "2403.15862 2403.15983 2403.16828 2312.06437 2310.01327",
    "gaussian-process": "2403.15670 2403.16121 2403.15908 2403.11782",
    '"gaussian process"': "2403.16121",
    "title:bayesian": "2403.15670 2403.15983 2205.08010 2307.02603 2312.03257",
    "poincare": "2311.10610",
    "title:Poincaré": "2311.10610",
    "non-parametric": "2403.15635 2403.16377",
    '"covid 19"': "2109.03087 2212.09963 2312.03257",
    "state-space": "",
    "rag": "",
    "au:alvarez": "2109.03087",
    "au:marcotte": "2310.01327",
    'au:"Etienne Marcotte"': "2310.01327",
    "au:knollmuller": "2306.17667",
    "primary:econ.EM": None,
}


def last_digits(listing, query):
    return " ".join(one.candidate.paper.id.partition(".")[2] for one in found(listing, query))


def found(listing, query):
    summaries = {(one.paper_id, one.version): one for one in listing.summaries}
    ready = [prepare(one) for one in candidates(listing.announcements, summaries)]
    return [one for one in ready if match(parse(query), one)]


@pytest.fixture(scope="module")
def page(samples):
    return parse_page((samples / "arxivdaily_2026-06-10.txt").read_text("utf-8"))


@pytest.fixture(scope="module")
def stat(samples):
    return parse_feed((samples / "rss" / "stat_2024-03-26_123items.xml").read_bytes(), None)


@pytest.mark.parametrize("query", PAGE)
def test_the_sample_page_gives_what_reading_it_gives(page, query):
    assert sorted(last_digits(page, query).split()) == sorted(PAGE[query].split())


@pytest.mark.parametrize("query", [query for query, ids in STAT.items() if ids is not None])
def test_the_stat_feed_gives_what_reading_it_gives(stat, query):
    ids = {one.candidate.paper.id for one in found(stat, query)}
    assert ids == set(STAT[query].split())


@pytest.mark.parametrize(
    ("query", "count"),
    [("stat.ML", 58), ("math.ST", 28), ("stat.TH", 28), ("primary:math.ST", 14), ("primary:stat.TH", 14),
     ("cs.LG", 49), ("primary:cs.LG", 25), ("stat.ME", 49), ("primary:stat.ME type:new", 18), ("econ.EM", 6),
     ("cs.IT", 2), ("math.IT", 2), ("math.PR", 8), ("primary:math.PR", 1), ("q-fin.ST", 0), ("stat.*", 123)],
)  # fmt: skip
def test_categories_of_the_stat_feed_are_counted_right(stat, query, count):
    assert len(found(stat, query)) == count


def test_every_trimmed_feed_gives_its_three_papers(samples):
    for code in ("cs.AI", "cs.CL", "cs.LG"):
        listing = parse_feed((samples / "rss" / f"{code}_2026-04-27_trimmed3.xml").read_bytes(), code)
        assert len(found(listing, code)) == 3


# --- the rules, on invented papers -----------------------------------------------------------------


def candidate(title="", abstract="", *, authors=("Ada Invented",), categories=("cs.LG",), types=None, zh=None):
    paper = Paper("2606.90001", 1, title, tuple(authors), abstract, tuple(categories))
    summary = Summary(paper.id, 1, Language.ZH, title=zh[0], abstract=zh[1]) if zh else None
    return Candidate(paper, types or {ALL: AnnounceType.NEW}, date(2026, 6, 10), summary)


def holds(query, *args, **more):
    return match(parse(query), prepare(candidate(*args, **more))) is not None


@pytest.mark.parametrize("title", ["Cold storage of data", "A fragment", "Drag", "Ragged"])
def test_a_word_is_not_found_inside_of_another_word(title):
    assert not holds("RAG", title)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("state-space model", "On state space models"),
        ("models", "A model"),
        ("studies", "A study"),
        ("caches", "The KV-cache"),
        ("muller", "Müller graphs"),
        ("Müller", "Muller graphs"),
        ("quantiz*", "Quantized nets"),
        ("naive", 'The na\\"ive bound'),
        ("schrodinger", 'The Schr\\"odinger bridge'),
        ("ﬁne", "fine tuning"),
    ],
)
def test_words_are_found_however_they_are_spelt(query, title):
    assert holds(query, title)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ('"state space model"', "State space models"),
        ("quantiz*", "A quantity"),
        ("dynamics", "A dynamic program"),
        ("new", "The news"),
        ('"score matching"', "Matching of scores"),
        ("au:invent", "x"),
        ("kv cache", "KV without it"),
    ],
)
def test_what_only_resembles_it_is_not_found(query, title):
    assert not holds(query, title)


GREEK = {
    "gamma-ray": ["A $\\gamma$-ray burst", "γ-rays", "𝛾-ray", "Gamma ray", "\\gamma-ray"],
    "γ-ray": ["A gamma-ray burst", "$\\gamma$ ray", "Γ-ray"],
    "beta-VAE": ["A β-VAE", "$\\beta$-VAEs", "Beta VAE"],
    "LambdaCDM": ["The $\\Lambda$CDM model", "ΛCDM", "Λ-CDM", "Lambda CDM", "LambdaCDM"],
    "Lambda-CDM": ["The $\\Lambda$CDM model", "LambdaCDM"],
    "ΛCDM": ["LambdaCDM", "$\\Lambda$-CDM"],
    "epsilon-greedy": ["$\\epsilon$-greedy", "$\\varepsilon$-greedy", "ϵ-greedy", "ε-greedy"],
    "H-alpha": ["H$\\alpha$ emission", "Hα", "Halpha"],
    "Halpha": ["Hα", "H-alpha"],
    "Lyman-alpha": ["Lyman-$\\alpha$", "Lyman α"],
    "5-sigma": ["a 5$\\sigma$ result", "5σ", "5 sigma"],
    "NF-kappaB": ["NF-$\\kappa$B", "NF-κB"],
    "omega-regular": ["$\\omega$-regular", "ω-regular"],
    '"mu-calculus"': ["The modal $\\mu$-calculus", "μ-calculus", "µ-calculus"],
    "phi": ["$\\varphi$", "$\\Phi$", "ϕ"],
    "Delta": ["∆", "$\\Delta$", "δ"],
    "chi2": ["A $\\chi^2$ test", "χ² tests", "$\\chi^{2}$", "chi-2"],
    "pi0": ["$\\pi^0$ decays", "π⁰"],
    "χ²": ["chi2", "chi^2"],
    "alpha-RuCl3": ["$\\alpha$-RuCl$_3$"],
}


@pytest.mark.parametrize(
    ("query", "title"), [(query, title) for query, titles in GREEK.items() for title in titles]
)
def test_the_name_of_a_greek_letter_meets_its_signs(query, title):
    assert holds(query, title)
    assert match_by_index(query, title)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        *[
            ("C++", "C compilers"),
            ("C#", "On C"),
            ("F#", "An f-divergence"),
            ('"A*"', "On a search"),
            (".NET", "A net"),
        ],
        *[
            ('"RRT*"', "RRT planners"),
            ("C#", "C++"),
            ("Node.js", "A node"),
            ("R²", "R and 2"),
            ("gamma-ray", "A ray"),
        ],
        *[("beta-VAE", "A VAE"), ("nu", "new"), ("pi", "pipeline"), ("LambdaCDM", "CDM")],
    ],
)
def test_a_sign_or_a_greek_letter_is_not_passed_over(query, title):
    assert not holds(query, title)
    assert not match_by_index(query, title)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        *[
            ("C++", "Modern C++17 for C"),
            ("C#", "F# and C#"),
            ('"A*"', "$A^*$-search"),
            ('"A*"', "A$^\\star$"),
            ("C", "C++"),
        ],
        *[
            (".NET", "On .NET"),
            ('"C*-algebra"', "$C^*$-algebras, a C$^*$-algebra"),
            ("R^2", "The $R^2$ of it"),
            ("R²", "R^2"),
        ],
        *[("RRT", "RRT*"), ("H2O", "H$_2$O"), ("Node.js", "Node.js")],
    ],
)
def test_terms_with_signs_are_found(query, title):
    assert holds(query, title)
    assert match_by_index(query, title)


def match_by_index(query, title):
    return bool(list(matches([Subscription(1, 1, 1, str(parse(query)))], [candidate(title)])))


def test_a_formula_never_hides_a_word():
    assert holds("sorting", "An $\\mathcal{O}(n\\log n)$-sorting bound")
    assert holds("bound", "x", "at 60\\% of the bound, 46.6% better bound")


@pytest.mark.parametrize(
    "title",
    [
        "$k$-means",
        "\\emph{means}",
        "{\\bf means}",
        "the $\\ell_1$-means",
        "$\\text{means}$",
        "k~means",
        "{M}eans",
        "\\href{https://a.example}{means}",
        "means\\cite{a}",
        "``means''",
        "\\textsc{Means}-like",
        "\\unheardof{means}",
    ],
)
def test_tex_never_hides_a_word(title):
    assert holds("means", title)


def test_nothing_matches_across_two_fields_or_two_authors():
    assert not holds('"cache sharing"', "A cache", "sharing is caring")
    assert not holds('au:"Ada Bell"', "x", authors=("Ada", "Bell Hook"))


def test_a_name_is_found_by_initials_and_around_middle_names_and_no_other_is():
    for name in ("Yann LeCun", "Y. LeCun", "Yann A. LeCun", "LeCun, Yann", "LeCun, Y. A."):
        assert holds('au:"Yann LeCun"', "x", authors=(name,))
        assert holds('au:"LeCun, Yann"', "x", authors=(name,))
    for name in (
        "Jean LeCunff",
        "Jean LeCun",
        "Yann Le",
        "LeCun",
        "LeCun, Jean",
        "Yann LeCunff, Jr.",
    ):
        assert not holds('au:"Yann LeCun"', "x", authors=(name,))
    assert holds("au:lecun", "x", authors=("Jean LeCun",))
    assert not holds("au:williams", "x", authors=("Ann William",))


def test_what_follows_a_name_is_not_its_beginning():
    assert holds('au:"Ann Smith"', "x", authors=("Ann Smith, Jr.",))
    assert holds('au:"Ann Smith, Jr."', "x", authors=("Ann Smith Jr.",))
    assert not holds('au:"Jr. Smith"', "x", authors=("Ann Smith, Jr.",))


def test_chinese_is_a_substring_of_the_chinese_and_its_english_through_the_glossary():
    assert holds("注意力", "Nothing", zh=("图上的注意力机制", ""))
    assert holds("注意力", "Attention is invented")
    assert holds("扩散模型", "Diffusion models, again")
    assert not holds("注意力", "Tension")
    assert not holds("title:注意力", "Nothing", zh=("", "注意力"))


def test_a_mixed_term_joins_chinese_and_latin():
    assert holds("KV缓存", "x", zh=("", "感知推理的KV缓存共享"))
    assert not holds("V缓存", "x", zh=("", "感知推理的KV缓存共享"))


def test_reasons_name_the_term_as_written_and_the_field():
    hit = match(
        parse('cs.LG "kv cache", quantiz* -survey'),
        prepare(candidate("KV-Cache", "we quantize the kv cache")),
    )
    assert hit is not None
    assert hit.reasons == (
        Reason("cs.LG", "category"),
        Reason('"kv cache"', "title"),
        Reason('"kv cache"', "abstract"),
        Reason("quantiz*", "abstract"),
    )


def test_a_reason_names_the_first_english_phrase_by_which_a_chinese_term_was_found():
    paper = candidate("Self-attention", "Attention mechanisms, 注意力 and attention", zh=("注意力", ""))
    hit = match(parse("注意力, 扩散模型, 强化学习"), prepare(paper))
    assert hit is not None
    assert hit.reasons == (
        Reason("注意力", "title_zh"),
        Reason("注意力", "title", "attention"),
        Reason("注意力", "abstract"),
    )


@pytest.mark.parametrize(
    ("query", "types", "expected"),
    [
        ("cs.LG", {"cs.LG": "new"}, "new"),
        ("cs.AI", {"cs.AI": "cross"}, "cross"),
        ("cs.AI", {"cs.LG": "new"}, "cross"),  # new for cs.LG is a cross-list for who reads cs.AI alone
        ("cs.AI, cs.LG", {"cs.AI": "cross", "cs.LG": "new"}, "new"),
        ("cs.AI", {ALL: "new"}, "cross"),
        ("invented", {"cs.AI": "cross", "cs.LG": "new"}, "new"),
        ("cs.AI", {ALL: "replace"}, "replace-cross"),
        ("cs.LG", {ALL: "replace"}, "replace"),
        ("cs.*", {ALL: "new"}, "new"),
    ],
)
def test_the_announce_type_is_relative_to_the_categories_of_the_query(query, types, expected):
    types = {category: AnnounceType(kind) for category, kind in types.items()}
    hit = match(parse(query), prepare(candidate("invented", categories=("cs.LG", "cs.AI"), types=types)))
    assert hit is not None
    assert hit.type == expected


def test_digests_leave_revisions_out_unless_the_query_speaks_of_types():
    revised = candidate("invented", types={"cs.LG": AnnounceType.REPLACE})
    subscriptions = [Subscription(1, 1, 1, "cs.LG"), Subscription(2, 1, 2, "cs.LG type:replace")]
    assert [one.subscription_id for one in matches(subscriptions, [revised])] == [2]
    assert not is_wanted(parse("cs.LG"), AnnounceType.REPLACE)


def test_what_must_be_read_is_known_from_the_query():
    assert reads([parse("cs.LG kv"), parse("cs.CL, math.IT x")]) == {"cs.LG", "cs.CL", "cs.IT"}
    assert reads([parse("cs.LG OR kv")]) is None
    assert reads([parse("kv -cs.LG")]) is None
    assert reads([]) == frozenset()


def test_announcements_of_one_paper_become_one_candidate_with_all_its_types():
    paper = candidate("x").paper
    day = date(2026, 6, 10)
    merged = candidates(
        [
            Announcement(paper, "cs.AI", day, AnnounceType.CROSS),
            Announcement(paper, "cs.LG", day, AnnounceType.NEW),
        ],
        {},
    )
    assert [one.types for one in merged] == [{"cs.AI": AnnounceType.CROSS, "cs.LG": AnnounceType.NEW}]
