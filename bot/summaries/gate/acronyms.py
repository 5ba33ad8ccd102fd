"""Acronyms, besides the glossary's, that Chinese texts write in Chinese: they need not be kept."""

from __future__ import annotations

_ROWS = """
US 美国
USA 美国
USD 美元
UK 英国
EU 欧盟
UN 联合国
BRICS 金砖
WHO 世界卫生组织|世卫
COVID 新冠
SARS 新冠|非典
HIV 艾滋
MRI 磁共振
fMRI 功能磁共振|功能性磁共振
CT 断层|CT
EEG 脑电
ECG 心电
EMG 肌电
PET 正电子
EHR 电子健康|电子病历
ICU 重症
HR 风险比|心率|人力资源
OR 比值比|优势比
CI 置信区间|持续集成
RCT 随机对照
LRT 似然比
GDP 国内生产总值
CPI 消费者|居民消费
IoT 物联网
EV 电动
UAV 无人机
PV 光伏
NASA 美国宇航局|航空航天局
ESA 欧洲航天局|欧空局
LHC 强子对撞机
QCD 量子色动力学
QED 量子电动力学
CMB 微波背景
AGN 活动星系核
BH 黑洞
GW 引力波|吉瓦
SM 标准模型
DM 暗物质
MSE 均方误差
RMSE 均方根
MAE 平均绝对误差
OLS 最小二乘
MLE 最大似然|极大似然
iid 独立同分布
PCA 主成分
SVM 支持向量机
MCMC 蒙特卡洛|蒙特卡罗
SGD 随机梯度
SDE 随机微分方程
ODE 常微分方程
PDE 偏微分方程
LED 发光二极管
BEC 凝聚
STEM 理工
NGO 非政府组织
CEO 首席执行官
PhD 博士
USSR 苏联
UAE 阿联酋
OECD 经合组织
IMF 货币基金
GPS 全球定位
AUC 曲线下面积
SNR 信噪比
QA 问答
ASR 语音识别|攻击成功率
OCR 字符识别|文字识别
UI 界面
UX 用户体验
VR 虚拟现实
AR 增强现实|自回归
XR 扩展现实
IR 红外|信息检索
UV 紫外
NMR 核磁共振
DNA 脱氧核糖核酸
RNA 核糖核酸
CO2 二氧化碳
CH4 甲烷
H2O 水
NH3 氨
LSTM 长短期记忆
PCR 聚合酶链
TikTok 抖音
WeChat 微信
YouTube 油管
"""
_CHINESE = {
    name: tuple(chinese.split("|")) for name, chinese in (row.split() for row in _ROWS.strip().splitlines())
}


def chinese(name: str) -> tuple[str, ...]:
    """What an acronym may be in Chinese."""
    return _CHINESE.get(name, ())
