"""What a translator is told never steers to a wrong term: words and acronyms by field, case and expansion."""

from __future__ import annotations

import pytest

from bot.text.glossary import _fields, steering

WRONG = [
    ("The semantic entanglement of features is high.", "cs.CL", "量子纠缠"),
    ("We prove a Hardy inequality and a concentration inequality.", "math.AP", "不平等"),
    ("We study inflation in the euro area.", "econ.GN", "暴胀"),
    ("We do statistical inference with few samples.", "stat.ME", "推理"),
    ("This is a generalization of the theorem of Weyl.", "math.NT", "泛化"),
    ("The ASR (attack success rate) rises.", "cs.CR", "语音识别"),
    ("We observe with the VLA at 5 GHz.", "astro-ph.GA", "视觉语言动作模型"),
    ("The QFT is a circuit of 12 gates, the quantum Fourier transform.", "quant-ph", "量子场论"),
    ("The DFT of the signal is sparse.", "eess.SP", "密度泛函理论"),
    ("A VQA, the variational quantum algorithm, is trained.", "quant-ph", "视觉问答"),
    ("GaN transistors switch fast.", "physics.app-ph", "生成对抗网络"),
    ("LoRa networks reach 10 km.", "cs.NI", "低秩适应"),
    ("MPC lets parties compute a sum in secret.", "cs.CR", "模型预测控制"),
    ("An SLM shapes the beam.", "physics.optics", "小语言模型"),
    ("The ICL of the cluster is faint.", "astro-ph.CO", "上下文学习"),
    ("SSL encrypts the channel.", "cs.CR", "自监督学习"),
    ("The prompt emission of the burst is short.", "astro-ph.HE", "提示"),
    ("The protein backbone is flexible.", "q-bio.BM", "骨干网络"),
    ("A power transformer fails in summer.", "eess.SY", "Transformer"),
    ("We study geometric quantization of orbits.", "math.SG", "量化"),
    ("The Higgs mass needs fine-tuning.", "hep-ph", "微调"),
    ("A contrast agent is injected.", "physics.med-ph", "智能体"),
    ("An economic agent saves.", "econ.TH", "智能体"),
    ("We measure proteins in blood plasma.", "q-bio.QM", "等离子体"),
    ("Image restoration removes the blur.", "cs.CV", "图像修复"),
    ("Model editing changes a fact.", "cs.CL", "知识编辑"),
    ("Tool use needs plans.", "cs.AI", "工具调用"),
    ("A scaling law holds near the critical point.", "cond-mat.stat-mech", "缩放定律"),
    ("Sequence alignment of genomes is slow.", "q-bio.GN", "对齐"),
    ("Compared with the ground truth, it is off by 2.", "cs.CV", "真实值"),
    ("Speculative decoding is fast.", "cs.CL", "投机解码"),
    ("A sentence primes its readers.", "cs.CL", "素数"),
    ("High-throughput screening finds alloys.", "cond-mat.mtrl-sci", "吞吐量"),
    ("The throughput of the spectrograph is 0.4.", "astro-ph.IM", "吞吐量"),
    ("The virus returns from latency.", "q-bio.CB", "延迟"),
    ("The posterior is multi-modal.", "stat.ME", "多模态"),
    ("We sample a multimodal distribution.", "cs.LG", "多模态"),
    ("Tokenization puts assets on a ledger.", "cs.CR", "分词"),
    ("Causality bounds the bulk.", "hep-th", "因果关系"),
    ("Homology modeling predicts a protein.", "q-bio.BM", "同调"),
    ("A functional analysis of genes.", "q-bio.GN", "泛函分析"),
    ("The large-scale structure of a network.", "cs.SI", "宇宙大尺度结构"),
    ("A single cell serves ten users.", "cs.NI", "单细胞"),
    ("Neural population dynamics in the cortex.", "q-bio.NC", "种群动力学"),
    ("A reconfigurable intelligent surface helps.", "eess.SP", "智能反射面"),
    ("The clustering of galaxies.", "astro-ph.CO", "聚类"),
    ("A bifurcation of the vessel is narrow.", "physics.med-ph", "分岔"),
    ("Immune checkpoint inhibitors work.", "cs.LG", "检查点"),
    ("A reducing agent is added.", "cs.LG", "智能体"),
    ("Superconductors are cooled.", "cond-mat.supr-con", "超导"),
    ("Theorem provers are slow.", "cs.LO", "定理证明"),
]


@pytest.mark.parametrize(("text", "category", "wrong"), WRONG)
def test_no_word_is_steered_to_what_it_does_not_mean(text, category, wrong):
    assert wrong not in dict(steering(text, categories=(category,))).values()


@pytest.mark.parametrize(
    ("text", "category", "name", "term"),
    [
        ("Entanglement of two qubits.", "quant-ph", "entanglement", "量子纠缠"),
        ("Inflation ends with reheating.", "astro-ph.CO", "inflation", "暴胀"),
        ("Inflation rises with wages.", "econ.GN", "inflation", "通货膨胀"),
        ("The Higgs mass needs fine-tuning.", "hep-ph", "fine-tuning", "精细调节"),
        ("Fine-tuning of models.", "cs.CL", "fine-tuning", "微调"),
        ("Density functional theory (DFT) is exact.", "cond-mat.mtrl-sci", "DFT", "密度泛函理论"),
        ("Image restoration removes the blur.", "cs.CV", "image restoration", "图像复原"),
    ],
)
def test_a_word_is_told_by_its_field(text, category, name, term):
    assert dict(steering(text, categories=(category,)))[name] == term


def test_a_single_word_is_told_in_the_fields_of_its_entry_alone():
    assert dict(steering("A bifurcation occurs.", categories=("math.DS",))) == {"bifurcation": "分岔"}
    assert steering("A bifurcation occurs.", categories=("q-bio.TO",)) == ()


def test_at_least_four_hundred_terms_have_a_field():
    assert sum(bool(fields) for fields in _fields().values()) >= 400
