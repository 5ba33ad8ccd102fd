"""What people bring along from elsewhere means what it meant there, or is refused; it is never a word."""

from __future__ import annotations

import itertools

import pytest

from bot.errors import QueryError
from bot.locale import say
from bot.query import Query, Term, parse, renewed, stored

ARXIV = {  # https://info.arxiv.org/help/api/user-manual.html#query_details
    "au:sachdev ANDNOT ti:checkerboard": "author:sachdev -title:checkerboard",
    "au:sachdev AND ti:checkerboard": "author:sachdev title:checkerboard",
    "au:sachdev ANDNOT (ti:a OR ti:b)": "author:sachdev -(title:a, title:b)",
    "all:electron": "electron",
    "all:(electron OR muon) AND cat:hep-ex": "electron, muon hep-ex",
    "cat:cs.LG+OR+cat:cs.CL": "cs.LG, cs.CL",
    "au:del_maestro+AND+ti:%22quantum+criticality%22": 'author:del_maestro title:"quantum criticality"',
    "abs:spin+ANDNOT+%28ti:a+OR+ti:b%29": "abstract:spin -(title:a, title:b)",
    "(ti:spin OR abs:gap) ANDNOT cat:hep-ph": "title:spin, abstract:gap -hep-ph",
    "diffusion AND-NOT survey": "diffusion -survey",
    "search_query=all:electron": "electron",
    "search_query=ti:electron+AND+cat:cs.LG": "title:electron cs.LG",
    "http://export.arxiv.org/api/query?search_query=all:electron&start=0&max_results=10": "electron",
    "https://export.arxiv.org/api/query?search_query=au:roe+AND+ti:%22a+b%22&start=0": 'author:roe title:"a b"',
    "https://arxiv.org/list/cs.LG/recent": "cs.LG",
    "https://rss.arxiv.org/rss/cs.LG+math.CO diffusion": "cs.LG, math.CO diffusion",
    "https://arxiv.org/archive/math": "math.*",
    "ab:spin any:gap text:x": "abstract:spin gap x",
    "cs.LG: diffusion": "cs.LG diffusion",
    "cs.LG:diffusion": "cs.LG diffusion",
    "#cs.LG @cs.CL": "cs.LG, cs.CL",
    "cs.LG? diffusion": "cs.LG diffusion",
}
LUCENE = {
    "diffusion !survey": "diffusion -survey",
    'diffusion !"survey paper"': 'diffusion -"survey paper"',
    "diffusion !(survey, review)": "diffusion -(survey, review)",
    "+diffusion -survey +flow": "diffusion -survey flow",
    "diffusion && flow": "diffusion flow",
    "diffusion&&flow": "diffusion flow",
    "diffusion&&!survey": "diffusion -survey",
    "diffusion || flow": "diffusion, flow",
    "title:diffusion AND NOT author:roe": "title:diffusion -author:roe",
    "title:(+diffusion +flow)": "title:diffusion title:flow",
    "title:(diffusion -survey)": "title:diffusion -title:survey",
    "!title:survey diffusion": "-title:survey diffusion",
    "diffusion +(flow score)": "diffusion flow score",
}
SCHOLAR = {
    'author:"y lecun" diffusion': 'author:"y lecun" diffusion',
    "intitle:diffusion -survey": "title:diffusion -survey",
    "inauthor:roe diffusion": "author:roe diffusion",
    "allintitle: deep learning": "title:deep title:learning",
    "diffusion OR flow": "diffusion, flow",
    "diffusion | flow": "diffusion, flow",
    "intext:diffusion -intitle:survey -author:roe": "diffusion -title:survey -author:roe",
    '"diffusion model"|"flow matching"': '"diffusion model", "flow matching"',
    "allintitle: deep learning author:hinton": "title:deep title:learning author:hinton",
}
SCOPUS = {
    "TITLE-ABS-KEY(diffusion) AND NOT TITLE(survey)": "diffusion -title:survey",
    'TITLE("kv cache" OR flow) AND AUTH(roe)': 'title:"kv cache", title:flow author:roe',
    "TI=(diffusion OR flow) NOT AU=roe": "title:diffusion, title:flow -author:roe",
    "TS=diffusion AB=flow": "diffusion abstract:flow",
}
APPLIED = {  # what is right before a bracket belongs to it
    "SU(2) gauge": '"SU(2)" gauge',
    "f(R)-gravity": '"f(R)-gravity"',
    "SL(2,R) OR OSp(1|4)": '"SL(2,R)", "OSp(1|4)"',
    "ti:SU(3)xSU(2) -Au(111)": 'title:"SU(3)xSU(2)" -"Au(111)"',
    "diffusion NOT(survey, review)": "diffusion -(survey, review)",
    "a(b)": "a b",
}
SPOKEN = {
    "either diffusion or flow": "diffusion, flow",
    "both diffusion and flow": "diffusion flow",
    "diffusion and/or flow": "diffusion, flow",
    "diffusion, flow, or score": "diffusion, flow, score",
    "diffusion, but NOT survey": "diffusion -survey",
    "diffusion and NOT survey": "diffusion -survey",
    "cs.LG, NOT cs.CL": "cs.LG -cs.CL",
    "diffusion exclude: survey not:review": "diffusion -survey -review",
    "diffusion <OR> flow <NOT> survey": "diffusion OR flow -survey",
}
PUBMED = {
    "cancer[ti]": "title:cancer",
    "cancer[Title]": "title:cancer",
    "breast cancer[ti] AND review": 'title:"breast cancer" review',
    '"breast cancer"[Title] NOT mouse[ti]': 'title:"breast cancer" -title:mouse',
    "cancer[tiab]": "title:cancer, abstract:cancer",
    "NOT cancer[Title/Abstract] tumor": "-(title:cancer, abstract:cancer) tumor",
    "roe a[au]": 'author:"roe a"',
    "cancer [All Fields] cs.LG": "cancer cs.LG",
    "cancer[ti] mouse model[ti] roe a[au]": 'title:cancer title:"mouse model" author:"roe a"',
    "au:roe cancer[ti]": "author:roe title:cancer",
}
PHONES = {
    "diffusion —survey": "diffusion -survey",
    "diffusion –survey": "diffusion -survey",
    "diffusion −survey": "diffusion -survey",
    "diffusion ―survey": "diffusion -survey",
    "diffusion --survey": "diffusion -survey",
    "“score matching” ‘kv cache’": '"score matching" "kv cache"',
    "'score matching' flow": '"score matching" flow',
    "Bayes' theorem": "Bayes' theorem",
    "cs.LG or cs.CL": "cs.LG, cs.CL",
    "Diffusion or flow": "Diffusion, flow",
    "diffusion and flow": "diffusion flow",
    "cs.LG+cs.CL": "cs.LG, cs.CL",
    "cs.LG;cs.CL": "cs.LG, cs.CL",
    "cs.LG/cs.CL": "cs.LG, cs.CL",
    "cs.LG&cs.CL": "cs.LG AND cs.CL",
    "cs.LG+diffusion": "cs.LG diffusion",
    "[cs.LG] diffusion": "cs.LG diffusion",
    "ti : diffusion au ：roe": "title:diffusion author:roe",
    "‹score matching› 〈x〉": '"score matching" "x"',
    "'diffusion' -'survey'": '"diffusion" -"survey"',
    "diffusion ⁃survey": "diffusion -survey",
    "diffusion ーsurvey 一review": "diffusion -survey -review",
    "cs.LG ∪ cs.CL": "cs.LG, cs.CL",
    "diffusion ∩ flow": "diffusion flow",
}
CHINESE = {
    "扩散模型；语言模型": "扩散模型, 语言模型",
    "扩散模型;语言模型、注意力，流匹配": "扩散模型, 语言模型, 注意力, 流匹配",
    "扩散模型 或 语言模型": "扩散模型, 语言模型",
    "扩散模型 或者 语言模型": "扩散模型, 语言模型",
    "扩散模型 且 语言模型": "扩散模型 语言模型",
    "扩散模型 並且 语言模型": "扩散模型 语言模型",
    "扩散模型 非 综述": "扩散模型 -综述",
    "扩散模型 不含综述": "扩散模型 -综述",
    "扩散模型 不包含“综述”": '扩散模型 -"综述"',
    "扩散模型/语言模型": "扩散模型, 语言模型",
    "扩散模型。": "扩散模型",
    "cs。LG，cs。CL diffusion。flow": "cs.LG, cs.CL diffusion flow",
    "「注意力」『流匹配』": '"注意力" "流匹配"',
    "作者:李飞飞": "author:李飞飞",
    "作者：李飞飞 标题：注意力": "author:李飞飞 title:注意力",
    "標題：注意力 備註:ICLR": "title:注意力 comment:ICLR",
    "摘要：注意力 分类：cs.LG": "abstract:注意力 cs.LG",
    "分類：cs.LG 類型：新提交": "cs.LG type:new",
    "主分类：cs.LG 扩散": "primary:cs.LG 扩散",
    "扩散 －综述": "扩散 -综述",
    "扩散 ！综述": "扩散 -综述",
    "cs.LG或cs.CL": "cs.LG, cs.CL",
    "cs.LG扩散模型": "cs.LG 扩散模型",
    "扩散模型cs.LG": "扩散模型 cs.LG",
    "cs.LG：扩散模型": "cs.LG 扩散模型",
    "【cs.LG】扩散模型": "cs.LG 扩散模型",
    "领域：cs.LG 研究方向：扩散模型": "cs.LG 扩散模型",
    "扩散模型，不含综述": "扩散模型 -综述",
    "扩散模型，但不要综述": "扩散模型 -综述",
    "擴散模型 但不包含 綜述": "擴散模型 -綜述",
    "扩散模型 而不是 综述": "扩散模型 -综述",
    "扩散模型 去掉综述": "扩散模型 -综述",
    "扩散模型 不想要综述": "扩散模型 -综述",
    "扩散模型 除综述外": "扩散模型 -综述",
    "扩散模型 除了 综述 以外": "扩散模型 -综述",
    "扩散模型 不含：综述": "扩散模型 -综述",
    "扩散模型，或者语言模型": "扩散模型, 语言模型",
    "扩散模型 除了综述之外": "扩散模型 -综述",
    "扩散模型（综述除外）": "扩散模型 -综述",
    "扩散模型 或者语言模型": "扩散模型, 语言模型",
    "扩散模型 和/或 语言模型": "扩散模型, 语言模型",
    "扩散模型 抑或 语言模型": "扩散模型, 语言模型",
    "扩散模型 同时 语言模型": "扩散模型 语言模型",
}
TABLES = (ARXIV, LUCENE, SCHOLAR, SCOPUS, APPLIED, SPOKEN, PUBMED, PHONES, CHINESE)
WORDS = [
    *["C++", "R&D", "hep-th/9901001", "非凸优化", "或然率", "而且慢", "k[x]", "L^2", "node.js", "x!", "why?"],
    *["AT&T", "RGB+D", "input/output", "state-space", "图像和文本", "12:30", "#SAT", "N=4", "1/f", "$x$", "CSMA"],
    *["非负矩阵", "无监督", "可见光之外", "noise", "nothing", "excluded"],
]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [row for table in TABLES for row in table.items()],
)
def test_what_is_brought_along_is_understood(typed: str, canonical: str):
    query = parse(typed)
    assert str(query) == canonical
    assert parse(canonical) == query


@pytest.mark.parametrize("typed", WORDS)
def test_what_only_looks_like_an_operator_stays_a_word(typed: str):
    assert parse(typed).root == Term(typed, None, quoted=False, prefix=False)


@pytest.mark.parametrize("beginning", ["not", "and", "AND", "andnot"])
def test_the_beginning_of_a_word_is_no_operator(beginning: str):
    assert parse(f"{beginning}*").root == Term(beginning, None, quoted=False, prefix=True)
    assert renewed(f"{beginning}* x") == f"{beginning}* x"


@pytest.mark.parametrize(
    "typed",
    [
        *["cancer[ti] AND review[pt]", "diffusion not survey", "cs.LG and cs.CL", "a, b and c", "a b or c"],
        *["roam~", '"a b"~5', "jakarta^4", "te?t", "ti:[a TO b]", "{a TO b}", "扩散模型或语言模型", "jr:nature"],
        *["submittedDate:[20230101 TO 20240101]", "source:nature x", "a ! b", "a — b", "强化学习：综述"],
        *[
            '"deep learning" AROUND(3) vision',
            "deep around (5) learning",
            "a NEAR/5 b",
            "a w/3 b",
            "a ADJ3 b",
            "a XOR b",
        ],
        *[
            "NEAR(a b)",
            "~diffusion",
            "a ～b",
            "/[mb]oat/",
            "ti:/[mb]oat/",
            "2020..2024",
            "colo$r",
            "wom#n",
            "#1 AND #2",
        ],
        *['"neural network*"', '"deep * network"', "{deep learning}", '"Document Title":flow', "AFFIL(harvard)"],
        *[
            "smith j[1au]",
            "smith j[Author - First]",
            '"a b"[tiab:~3]',
            "_exists_:title",
            "cs-LG",
            "csLG",
            "stat_ML",
        ],
        *["graph without survey", "a w/o b", "a except b", "a excluding b", "a nor b", "a no b", "a, but not b"],
        *[
            "a -b, c",
            "cs.LG, -cs.CL",
            "cs.LG和cs.CL",
            "扩散模型 没有综述",
            "扩散模型 排除综述",
            "扩散模型+语言模型",
        ],
        *["扩散模型 综述 除外", "扩散模型，不含综述，语言模型", "a, b, and c"],
    ],
)
@pytest.mark.parametrize("language", ["en", "zh", "zh-hant"])
def test_what_has_no_certain_meaning_is_refused_with_what_to_type(typed: str, language: str):
    with pytest.raises(QueryError) as caught:
        parse(typed)
    assert say(caught.value.key, language, **caught.value.values)


@pytest.mark.parametrize(
    "typed",
    [
        *[
            "diffusion not survey",
            "a b or c",
            "cs.LG and cs.CL",
            "a, b and c",
            "扩散模型或语言模型",
            "a (not b)",
            "no b a",
        ],
        *[
            "graph without survey",
            "a, but not b",
            "a, b, and c",
            "扩散模型+语言模型",
            "扩散模型 没有综述",
            "cs.LG和cs.CL",
        ],
        *['"neural network*"', '"neural* network"', "learning without forgetting"],
    ],
)
def test_every_line_that_is_offered_can_be_typed(typed: str):
    with pytest.raises(QueryError) as caught:
        parse(typed)
    offered = [line for name, line in caught.value.values.items() if name not in ("word", "text")]
    assert offered
    assert all(str(parse(str(line))) for line in offered)


OPERATORS = [
    "and",
    "And",
    "or",
    "Or",
    "not",
    "ANDNOT",
    "andnot",
    "AND",
    "OR",
    "NOT",
    "&&",
    "||",
    "或",
    "且",
    "非",
    "和",
    "与",
]
SIDES = ["diffusion", '"kv cache"', "cs.LG", "ti:flow", "注意力", "(a, b)"]


@pytest.mark.parametrize(("before", "after"), [*itertools.product(SIDES, repeat=2)])
@pytest.mark.parametrize("operator", OPERATORS)
def test_no_operator_ever_becomes_a_word_to_look_for(before: str, operator: str, after: str):
    query = stored(f"{before} {operator} {after}")
    if isinstance(query, Query):
        assert operator not in str(query).replace(",", " ").split() or operator in ("AND", "OR")
        assert ("-" in str(query)) == (operator in ("NOT", "ANDNOT", "非"))


@pytest.mark.parametrize(
    ("former", "today"),
    [
        ("diffusion not survey", 'diffusion "not" survey'),
        ("cs.LG or cs.CL", 'cs.LG "or" cs.CL'),
        ("cs.LG+cs.CL, a;b", '"cs.LG+cs.CL", "a;b"'),
        ("(-a;b OR roam~) x -!x", '(-"a;b" OR "roam~") x -"!x"'),
        ("作者:李飞飞 title:or", '"作者:李飞飞" title:or'),
        ("扩散模型或语言模型", '"扩散模型或语言模型"'),
        ("learning without forgetting", 'learning "without" forgetting'),
        ("cs.LG 不要综述, 或者语言 title:without", 'cs.LG "不要综述", "或者语言" title:without'),
        (
            "~70 cs-LG cs.LG:x https://arxiv.org/list/cs.LG/new",
            '"~70" "cs-LG" "cs.LG:x" "https://arxiv.org/list/cs.LG/new"',
        ),
        ('-"neural network*" title:"a * b" "RRT*"', '-"neural network" title:"a b" "RRT*"'),
        ('cs.LG AND cs.CL "a or b" quantiz* -survey type:new primary:cs.LG', None),
        ("a—b", "a-b"),
        ("cs.GONE x", None),
    ],
)
def test_a_stored_query_goes_on_with_the_meaning_that_it_had(former: str, today: str | None):
    assert renewed(former) == (today or former)
    assert renewed(renewed(former)) == renewed(former)
