"""What misleads a reader is refused, and what other translators write well is not."""

from __future__ import annotations

from importlib import resources

import pytest

from bot.model import Language, Paper, Summary
from bot.sources.arxivdaily import read
from bot.summaries import Answer, Job, TextField
from bot.summaries.chain import judge
from bot.summaries.gate import failures
from bot.summaries.gate.aligned import aligned


def broken(english: str, chinese: str, field: str = "abstract", title: str = "Tides") -> dict[str, str]:
    paper = Paper("2606.90001", 1, title, ("A",), english, ("cs.LG",))
    found = failures(paper, Summary(paper.id, 1, Language.ZH, **{field: chinese}))
    return {one.rule: one.detail for one in found}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("We use a dual-encoder and a two-branch design.", "我们使用双编码器和双分支设计。"),
        ("Over three decades, the field has changed.", "三十年来，该领域发生了变化。"),
        ("Combining two or more modalities is hard.", "结合多种模态很困难。"),
        ("We bound the $l_0$ norm of the error.", "我们界定了误差的 l0 范数。"),
        ("We study LLM-based agents with AutoGen.", "我们用 AutoGen 研究基于大语言模型的智能体。"),
        ("We study the US economy in USD and the BRICS.", "我们以美元研究美国经济和金砖国家。"),
        ("MRI of 30 patients in the UN and the EU.", "联合国和欧盟 30 名患者的磁共振成像。"),
        ("During COVID-19, demand fell by 12%.", "新冠疫情期间，需求下降了 12%。"),
        ("As shown in [9], the bound is tight.", "正如文献所示，该界是紧的。"),
        ("It is two orders of magnitude faster than before.", "它比以前快 100 倍。"),
        ("It is faster by two orders of magnitude than before.", "它比以前快两个数量级。"),
        ("Statistical translation became popular in the 1990s.", "统计机器翻译在 20 世纪 90 年代流行起来。"),
        ("We observe 10 000 stars.", "我们观测了 1 万颗恒星。"),
        ("The letters date from the late 1800s.", "这些信件写于 19 世纪末。"),
        ("We hope this benchmark will help to compare methods.", "我们希望这一基准有助于比较各种方法。"),
        ("It improves by 3.2 percentage points.", "它提高了 3.2 个百分点。"),
        ("It improves by 12% absolute.", "它提高了 12 个百分点。"),
        ("It costs 5 million dollars.", "它花费 500 万美元。"),
        (
            "We ran 5-fold cross-validation of 4-bit models for 2 hours.",
            "我们对 4 位模型运行了 2 小时的 5 折交叉验证。",
        ),
        ("It is the first method of its kind.", "这是同类方法中的首个。"),
        ("Between 5 and 10 million people flee.", "有 500 万至 1000 万人逃离。"),
        ("Two to three thousand ships pass; 5-10 thousand stay.", "两千至三千艘船经过；5-10 千艘停留。"),
        ("A dozen ships pass.", "十几艘船经过。"),
        ("Roughly 10^5 ships pass.", "约有 10 万艘船经过。"),
        ("Roughly $10^{5}$ ships pass at $10^{5}$ Pa.", "约有 $10^{5}$ 艘船在 $10^{5}$ Pa 下经过。"),
        ("It is 1.5 degrees C warmer.", "气温高出 1.5 摄氏度。"),
        ("It is the world's largest dataset of its kind.", "它是同类数据集中世界最大的。"),
        ("It takes 1-2 minutes on a laptop.", "在笔记本电脑上需要 1-2 分钟。"),
        ("Trade grew from $3 to $10 million.", "贸易从 300 万美元增长到 1000 万美元。"),
        ("Harbours emit CO2 and CH4.", "港口排放二氧化碳和甲烷。"),
        ("The leading term of the series is kept.", "该级数的首项被保留。"),
        ("We use an LSTM and a PCR test.", "我们使用长短期记忆网络和聚合酶链检测。"),
        ("We use $k$NN search and $K$-means.", "我们使用 kNN 搜索和 K 均值。"),
        ("Historically, tides were computed by hand.", "历史上，潮汐是手工计算的。"),
        ("This is of practical interest to ports.", "这对港口具有重要意义。"),
        ("This choice is suboptimal.", "这一选择并非最优。"),
        ("We study a finite-horizon process.", "我们研究一个有限时域过程。"),
    ],
)
def test_what_is_well_said_passes(english, chinese):
    assert broken(english, chinese) == {}


@pytest.mark.parametrize(
    ("english", "chinese", "rule"),
    [
        ("It improves by 12%.", "它提高了 12 个百分点。", "units"),
        ("It takes 5 ms.", "它需要 5 秒。", "units"),
        ("A rod of 30 cm.", "一根 30 毫米的杆。", "units"),
        ("It costs $5 million.", "它花费 500 万欧元。", "units"),
        ("We bound $x^2$.", "我们界定了 $x_2$。", "formulas"),
        ("We bound $x^2$.", "我们界定了 x_2。", "formulas"),
        ("We put $n$ items into $m$ bins.", "我们把 $n$ 个物品放入 $k$ 个箱子。", "formulas"),
        ("We put $n$ items into $m$ bins.", "我们把 $m$ 个物品放入 $m$ 个箱子。", "formulas"),
        ("We use a method.", "我们使用史上最强的方法。", "claims"),
        ("We use a method.", "我们首次使用一种方法。", "claims"),
        ("We use a method.", "我们使用一种方法，欢迎关注公众号。", "claims"),
        ("It differs from methods that were previously proposed.", "它率先不同于那些方法。", "claims"),
        ("Topological terms lead to decay.", "拓扑项以业界领先的方式导致衰减。", "claims"),
        ("We predict tides.", "我们预测潮汐，为该领域指明了方向。", "claims"),
        ("We predict tides.", "我们预测潮汐，具有重大的应用前景。", "claims"),
        (
            "We use a method. It predicts the height of the tide.",
            "我们使用一种方法。它预测潮汐的高度。本文为该领域的发展提供了重要参考。",
            "sentences",
        ),
        (
            "We use a method. It predicts the height of the tide. It is fast.",
            "我们使用一种方法。它很快。",
            "sentences",
        ),
        ("A has 3 arms. B has 5 arms.", "A 有 5 条臂。B 有 3 条臂。", "numbers"),
        ("MaxTide is slow. NetPort is fast.", "NetPort 很慢。MaxTide 很快。", "names"),
        ("Between 5 and 10 million people flee.", "有 50 万至 1000 万人逃离。", "numbers"),
        ("Roughly 10^5 ships pass.", "约有 1 万艘船经过。", "numbers"),
        ("It is 1.5 degrees C warmer.", "气温高出 1.5 华氏度。", "units"),
        ("Harbours emit CO2 and CH4.", "港口排放 CO2 和 CH5。", "names"),
        ("We bound $-x$ by $k$.", "我们以 $k$ 界定 $x$。", "formulas"),
        ("We bound it by $k$.", "我们以 $x$ 界定它。", "formulas"),
        ("We predict tides.", "译者注：我们预测潮汐。", "preamble"),
        ("We predict tides.", "我们预测潮汐，填补了国内空白。", "claims"),
        ("We predict tides.", "我们预测潮汐，效果远超现有方法。", "claims"),
        ("The 27-billion-parameter model wins.", "27 亿参数的模型获胜。", "numbers"),
        ("We use a method.", "好的，以下是翻译：我们使用一种方法。", "preamble"),
    ],
)
def test_what_misleads_is_refused(english, chinese, rule):
    assert rule in broken(english, chinese)


def test_the_reason_names_the_sentence():
    found = broken("A has 3 arms. B has 5 arms.", "A 有 3 条臂。B 有 7 条臂，而它有 5 条。")
    assert "7" in found["numbers"]
    found = broken("A is here. B takes 5 ms.", "A 在这里。B 需要 5 秒。")
    assert "sentence 2" in found["units"]
    found = broken("A is here. B is slow.", "A 在这里。B 史无前例地慢。")
    assert "Sentence 2" in found["claims"]
    found = broken("A has 3 arms. B has 5 arms.", "A 有 5 条臂。B 有 3 条臂。")
    assert "sentence 1" in found["numbers"]
    found = broken("MaxTide is slow. NetPort is fast.", "NetPort 很慢。MaxTide 很快。")
    assert "Sentence 1" in found["names"]


def test_two_sentences_that_are_joined_are_no_fault_and_one_that_is_split_neither():
    english = [
        "At inference time, the retriever finds 12 parallel examples in a bank of 4,000 sentences.",
        "No fine-tuning of the model is involved.",
        "A grid search over the number of examples selects the best configuration for each submission.",
    ]
    first = "在推理时，检索器从包含 4,000 个句子的库中找到 12 个平行示例，并且完全不需要对模型进行任何微调。"
    second = "对示例数量的网格搜索为每次提交选出最佳配置。"
    assert aligned(" ".join(english), first + second) == ((" ".join(english[:2]), first), (english[2], second))
    assert (
        aligned(" ".join([english[0][:-1] + ", and no" + english[1][2:], english[2]]), first + second) is not None
    )
    dropped = first.partition("，并且")[0] + "。"
    assert aligned(" ".join(english), dropped + second) is None


ENGLISH = (
    "Protein folding is slow. FoldNet predicts the structure of 300 proteins with a graph neural network. "
    "Its error is 1.2 angstrom on CASP."
)
OTHERS = {
    TextField.TITLE: "面向低资源机器翻译的检索增强示例选择",
    TextField.ONE_LINE: "提出一种检索增强的机器翻译方法，在 22 个方向上优于基线。",
    TextField.ABSTRACT: "本文描述了对 WMT26 低资源翻译任务的提交。我们检索相似的平行示例。它在 22 个方向上有效。",
}


@pytest.mark.parametrize("field", ["title", "one_line", "abstract"])
def test_a_text_about_other_things_is_another_papers(field):
    assert "paper" in broken(
        ENGLISH, OTHERS[TextField(field)], field, title="FoldNet: Protein Folding with Graphs"
    )


def test_what_comes_with_the_abstract_of_another_paper_goes_with_it():
    """Here the title alone could be that of this paper."""
    paper = Paper("2606.90001", 1, "FoldNet: Protein Folding with Graphs", ("A",), ENGLISH, ("q-bio.BM",))
    job = Job(paper, (TextField.TITLE, TextField.ABSTRACT))
    judged, _ = judge(
        job, Answer({TextField.TITLE: "一种新的方法", TextField.ABSTRACT: OTHERS[TextField.ABSTRACT]})
    )
    assert not judged[TextField.TITLE].body
    assert "paper" in judged[TextField.TITLE].flaws


@pytest.mark.parametrize(("field", "share"), [("title", 0.7), ("one_line", 0.8), ("abstract", 0.9)])
def test_what_a_text_is_about_tells_papers_apart_without_a_false_alarm(field, share):
    """By common words alone: numbers, names and formulas tell most of the others."""
    listing = read(resources.files("bot.demo").joinpath("day", "2026-06-10.txt").read_bytes())
    assert listing
    papers = {one.paper.id: one.paper for one in listing.announcements}
    texts = [(one.paper_id, getattr(one, field)) for one in listing.summaries]

    def is_foreign(paper: str, text: str) -> bool:
        found = failures(papers[paper], Summary(paper, 1, Language.ZH, **{field: text}))
        return "paper" in {one.rule for one in found}

    assert [paper for paper, text in texts if is_foreign(paper, text)] == []
    others = zip(texts, [*texts[5:], *texts[:5]], strict=True)
    caught = sum(is_foreign(paper, text) for (paper, _), (_, text) in others)
    assert caught >= share * len(texts)


def test_letters_inside_of_words_are_no_acronym():
    english = "Pairwise comparisons of licences order them. We build this partial order for 200 licences."
    assert broken(english, "从成对比较中排序许可证", "title", title="Ordering licences") == {}
    assert "paper" in broken(english, "人工智能用于智能反射面的信道估计", "title", title="Ordering licences")
