"""What a short text is about, by common words: enough to see that a title or a line is that of another paper.

Terms of the glossary are too rare for that. Each row has a Chinese word and the beginnings of the English words of
which it may be the translation; a row says nothing about how a word should be translated.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from bot.text import glossary
from bot.text.normal import flat

_ROWS = """
图像 imag|pictur|photo|figure
视频 video|film|clip
视觉 vis|image|optic|perce
语言 lang|linguist|llm|lm
语音 speech|voice|spoken|asr|tts|vocal
音频 audio|sound|acoust
音乐 music|song|melod
文本 text|document|writ
文档 document|text|file
多模态 multimodal|multi modal|vision language|vlm|mllm|modalit
机器人 robot|manipulat|embodied|humanoid
智能体 agent
翻译 translat
对话 dialog|convers|chat
问答 question|qa|answer
检索 retriev|search|rag
推荐 recommend
搜索 search|explor
知识 knowledge|epistem
图谱 graph|spectr|map|atlas
图神经 graph|gnn
神经网络 neural|network|nn|gnn|cnn|pinn
卷积 convol|cnn
注意力 attent|transformer
扩散 diffus|dispers|spread
生成 generat|gan|produc|creat|synth|form
检测 detect|identif|test|inspect
分割 segment|split|partition
分类 classif|categor|sort
识别 recogn|identif|detect
预测 predict|forecast|prognos|anticipat
估计 estimat|assess
优化 optimi|improv|enhanc|refin|tun
强化学习 reinforcement|rl|grpo|ppo
联邦 feder
推理 reason|infer|deduc
微调 fine tun|finetun|tun|adapt|sft
蒸馏 distil
量化 quanti|bit|measur
剪枝 prun
压缩 compress|compact
缓存 cach|buffer
稀疏 spars
安全 safe|secur|attack|threat
攻击 attack|advers|jailbreak|inject
隐私 privac|private
公平 fair|equit|bias
偏见 bias|prejud
水印 watermark
幻觉 hallucin|confabul
奖励 reward
策略 polic|strateg|tactic
偏好 prefer|bias
因果 caus
不确定性 uncertain
异常 anomal|abnormal|outlier|except|unusual
时间序列 time series|tempor|sequence
轨迹 traject|path|orbit|rollout|trace|track
交通 traffic|transport|mobil|vehic
自动驾驶 driv|autonom|vehic
无人机 drone|uav|aerial|unmanned
卫星 satell
遥感 remote sens|satell|earth observ|aerial
医学 medic|clinic|health|biomed
医疗 medic|clinic|health|care
临床 clinic|medic|patient
患者 patient|subject
疾病 diseas|illness|disorder|syndrom
癌 cancer|tumo|carcinom|oncolog
脑 brain|neur|cerebr|cortic|eeg
蛋白 protein
分子 molec
药物 drug|pharm|medic
基因 gene|genom
细胞 cell
材料 material
晶体 crystal
电池 batter|cell
量子 quant|qubit
纠缠 entangl
黑洞 black hole
星系 galax
恒星 star|stellar
引力 gravit
宇宙 cosm|univers
等离子 plasma
中微子 neutrino
超导 supercond
拓扑 topolog
流体 fluid|flow|hydrodyn|navier
湍流 turbul
气候 climat|weather
天气 weather|meteorolog
金融 financ|market|econom|bank|stock
市场 market
经济 econom
价格 pric|cost
博弈 game
拍卖 auction
社会 soci|communit
教育 educat|teach|student|learn
学生 student|pupil
代码 code|program|software
程序 program|code|software|procedure
软件 software|program
编译 compil
漏洞 vulnerab|bug|exploit
硬件 hardware|chip|fpga
通信 communic
无线 wireless|radio
网络安全 cyber|security
区块链 blockchain|ledger
加密 encrypt|crypto|cipher
数据库 database
数据集 dataset|data set|corpus|collection|data
基准 benchmark|base|referenc
评估 evaluat|assess|estimat|benchmark|measur
综述 survey|review|overview
调查 survey|investigat|stud
几何 geomet
代数 algebra
群 group|cluster|swarm|popul|communit|cohort
流形 manifold
猜想 conject
定理 theorem
算子 operator
微分方程 differential|pde|ode|sde
随机 random|stochast|chance
概率 probab|likelihood
贝叶斯 bayes
采样 sampl
核 kernel|nucle|core
张量 tensor
矩阵 matri
图论 graph
组合 combin|compos|portfolio|assembl
聚类 cluster
嵌入 embed
表示 represent|show|denot|express|embed
长上下文 long context|long|context
上下文 context
记忆 memor|recall
规划 plan|program
控制 control|regul
传感器 sens
三维 3d|three d|volum|spatial
点云 point cloud|lidar|point
高斯 gauss
重建 reconstruct|rebuil
渲染 render
姿态 pose|attitud|postur
人脸 face|facial
情感 emotion|sentiment|affect
行人 pedestrian|person
虚拟 virtual
游戏 game|play
人类 human|people|person
儿童 child|kid
农业 agricult|crop|farm
作物 crop|plant
能源 energ|power
电力 power|electric|grid|energy
温度 temperatur|thermal
光学 optic|photon
激光 laser
光子 photon
声学 acoust
磁 magn
蚊子 mosquit
地震 seismic|earthquake
物理 physic
化学 chem
方言 dialect
低资源 low resource|resource
多语言 multiling|language
跨语言 cross ling|language
提示 prompt|hint|cue|suggest
思维链 chain of thought|cot|reason
工具 tool
世界模型 world model|world
专家 expert|moe
专利 patent
法律 legal|law
新闻 news
科学 scien
数学 math
审稿 review
持续学习 continual|lifelong
迁移 transfer|migrat|transport
对比学习 contrast
自监督 self superv|ssl
半监督 semi superv
零样本 zero shot
少样本 few shot
鲁棒 robust
可解释 interpret|explain|explan
超分辨率 super resol
去噪 denois|noise
噪声 nois
频域 frequen|fourier|spectral
傅里叶 fourier
小波 wavelet
频谱 spectr
调度 schedul|dispatch
资源 resourc
分布式 distribut|decentral
并行 parallel
边缘 edge|marginal|boundar|fring
云 cloud
推测解码 speculat
解码 decod
词元 token
"""


@cache
def _rows() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = (line.split(maxsplit=1) for line in _ROWS.strip().splitlines())
    return tuple((word, re.compile(rf"\b(?:{stems})")) for word, stems in rows)


@lru_cache(maxsize=64)
def _english(text: str) -> frozenset[str]:
    """The Chinese words that an English text may have in a translation."""
    lower = flat(text)
    squeezed = lower.replace(" ", "")
    terms = (term for term, names in glossary.entries().items() if any(_bare(name) in squeezed for name in names))
    return frozenset((*terms, *(word for word, stems in _rows() if stems.search(lower))))


@cache
def _bare(name: str) -> str:
    return flat(name).replace(" ", "")


@lru_cache(maxsize=64)
def _chinese(text: str) -> frozenset[str]:
    found = [word for word in (*glossary.entries(), *(row[0] for row in _rows())) if word in text]
    return frozenset(word for word in found if not any(word != other and word in other for other in found))


def is_foreign(known: str, title: str, text: str, *, few: int) -> bool:
    """Whether a Chinese text speaks of other things than a paper does; `known` is all that the paper says.

    So `few` words that the paper does not have are enough, when they are more than those that it has.
    """
    words = _chinese(text)
    mine = len(words & _english(known))
    others = len(words) - mine
    if others >= few and others > mine:
        return True
    return not mine and (others >= 2 or _lacks(title, text) >= (2 if others else 5))


def _lacks(title: str, text: str) -> int:
    """How many topics a title has, if a Chinese text has none of them; else 0."""
    lower = flat(title)
    topics = [word for word, stems in _rows() if stems.search(lower)]
    bare = "".join(text.split())
    return 0 if any(word in bare for word in topics) else len(topics)
