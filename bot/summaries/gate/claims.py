"""What a Chinese text adds to sell: superlatives, firsts, praise and calls to follow that the English lacks."""

from __future__ import annotations

import re

from bot.summaries.gate.pair import Pair

_FIRST = re.compile(
    r"首次|首个|首创|首度|首款|首套|首篇|首项(?:研究|工作|技术)|首例|首届|首开|首屈一指|率先|先河|开创性|史上第一|(?:世界|全球|国内|业界|业内)第一"
    r"|(?<!并非)第一(?:个|次|种|款|套|篇|项)"
)
_SAYS_FIRST = re.compile(
    r"(?<!\bthat )(?<!\bwhich )\bfirst(?!,| stage|[- ](?:order|person|princip)|ly\b)|pioneer|unprecedented"
    r"|previously[ -](?:un|in)|(?:not|never) (?:been )?previously|\bnever\b|\binitial\b|inaugural|earliest|"
    r"\bno (?:existing|prior|previous|other)|until now|hitherto|newly|\b1st\b|debut|unexplored|unknown"
    r"|\bno \w+ \w*\s?(?:account|theory|framework|study|work)",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"史上最|最(?:强大?|先进|佳|优秀?|好|新|高|低|大|小|快|全面?|完[整善备]|有效|准确|重要|权威|领先|顶尖|火)|业界领先|顶级|顶尖|一流"
)
_SAYS_MOST = re.compile(
    r"\b(?:best|most|least|\w*optim\w*|state[- ]of[- ]the[- ]art|sota|max\w*|min\w*|top\w*|leading"
    r"|superior|peak|ultimate"
    r"|extrem\w*|cutting[- ]edge|advanced|recent|latest|modern|new\w*|frontier|ideal|first|last"
    r"|record|worst|sup|inf"
    r"|infim\w*|suprem\w*|largest|main|primary|principal|key|critical|fundamental|full\w*"
    r"|comprehensive\w*|complet\w*"
    r"|dominat\w*|pareto|elite|premier|prime|no more|at least|up to|bound\w*|contemporary|powerful|strong"
    r"|[a-z]{2,}(?:i?est))\b|argm|arg m",
    re.IGNORECASE,
)  # fmt: skip
_UNHEARD = re.compile("(?<!历)史上|史无前例|前所未有|空前|绝无仅有")
_SAYS_UNHEARD = re.compile(
    r"unprecedented|\bnever\b|\bever\b|previously[ -](?:un|in)|in (?:the )?history|\brecord\b|unique"
    r"|\bfirst\b(?!-(?:order|person|princip))",
    re.IGNORECASE,
)
_LEADING = re.compile(
    "(?:世界|国际|全球|行业|业界|国内|业内)(?:领先|顶尖|一流|先进|最)|遥遥领先|最强(?!的?[^，。]{0,6}[假攻敌])"
)
_SAYS_LEADING = re.compile(
    r"\blead(?:ing|er)|(?:larg|bigg|high|fast|small|long|great|deep|old)est"
    r"|state[- ]of[- ]the[- ]art|sota|best|strongest|superior|surpass|outperform|\btop\b|advanced"
    r"|\bfirst\b(?!-(?:order|person|princip))|most"
    r"|frontier",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"颠覆|革命性|划时代|里程碑|惊人|惊艳|震撼|完美|碾压|无与伦比|无可匹敌|独一无二"
    r"|重磅|神器|秒杀|封神|炸裂|逆天|天花板|登顶|霸榜|横扫"
    r"|全面超越所有|吊打|教科书级|现象级|王炸|黑科技|不容错过|强烈推荐|令人瞩目|举世|轰动|完胜|巨大成功|广泛好评|一致好评"
    r"|突破性|跨时代|变革性|意义(?:重大|深远|非凡)|重大突破|里程碑式|引领|广阔前景|前景广阔|商业价值"
    r"|指明\w{0,5}方向|填补\w{0,8}空白|远超(?:所有|现有|其他|同类)|(?:重大|重要|巨大|深远)的?\w{0,4}(?:前景|意义)|值得(?:一读|关注|期待|收藏)"
)
_SAYS_PRAISE = re.compile(
    r"unprecedented|revolution|disrupt|subver|ground-?breaking|break-?through|milestone|landmark"
    r"|remarkabl|striking|perfect"
    r"|surpass|unmatched|unparallel|unique|leading|dramatic|astonish|surpris|impressive|stunning"
    r"|extraordinar|transformati"
    r"|overturn|overthrow|undermin|invert|strongest|best|state[- ]of[- ]the[- ]art|paradigm|never"
    r"|spectacular|exceptional"
    r"|pioneer|new era|promis|importan|signific|notabl|worth|lead|crucial|profound|outperform"
    r"|superior|ceiling|top|guide"
    r"|steer|drive|flip|deform|tip|topple|radical|far-reaching|implication|prospect|potential|world"
    r"|reversal|novel|seminal|commerc|direction|meaningful|valuable|gap|fill|exceed|far|beat|better|interest|critical|essential|relevan|vital",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"公众号|微信|扫码|扫一扫|二维码|点赞|转发|一键三连|点击(?:下方|链接|关注|查看|阅读|这里|此处)|加(?:群|入群|入我们|好友)|订阅我们|关注我们"
    r"|(?:欢迎|敬请|请)(?:大家)?(?:关注|订阅|转发|点赞|留言|联系|扫码|收藏|加入|阅读|下载|点击|咨询|购买|投稿|体验|试用)"
    r"|感谢(?:您的)?(?:阅读|关注|观看|支持)|更多(?:精彩|资讯|内容|论文解读)|知乎|小红书|抖音|b站|哔哩|Discord群|QQ群|电报群"
    r"|限时(?:优惠|免费|领取|特惠)|优惠|免费领取|立即(?:购买|下载|体验)"
    r"|本(?:公众)?号|小编|宝子|家人们|干货|速看",
    re.IGNORECASE,
)
_SAYS_CALL = re.compile(
    r"wechat|weixin|qr|like|click|subscri|follow|group|join|welcome|invite|zhihu|rednote|xiaohongshu"
    r"|douyin|tiktok|bilibili"
    r"|forward|repost|share|contact|thank|discount|coupon|promotion|free|limited|more|post|comment|favorit",
    re.IGNORECASE,
)
_PAIRS = (
    (_FIRST, _SAYS_FIRST, "that it is a first"),
    (_MOST, _SAYS_MOST, "a superlative"),
    (_UNHEARD, _SAYS_UNHEARD, "that nothing was like it"),
    (_LEADING, _SAYS_LEADING, "that it leads"),
    (_PRAISE, _SAYS_PRAISE, "praise"),
    (_CALL, _SAYS_CALL, "a call to the reader"),
)


def claims(pair: Pair) -> str:
    """Claims without a source, each judged by the English of its own sentence where that is known."""
    if not pair.is_chinese:
        return ""
    groups = pair.groups if pair.field == "abstract" and pair.groups else ((pair.known, pair.text),)
    for number, (english, chinese) in enumerate(groups, 1):
        for pattern, source, what in _PAIRS:
            found = pattern.search(chinese)
            if (
                found
                and not source.search(english)
                and (what != "that it is a first" or found[0] not in pair.known)
            ):
                where = f"Sentence {number}" if len(groups) > 1 else "It"
                return f"{where} says “{found[0]}”: the English has no such claim ({what}). Leave it out."
    return ""
