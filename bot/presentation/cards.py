"""What a card and a digest say, line by line, in the reader's language; how it looks is each channel's business.

Not a channel. Every text that leaves here is one line of readable, harmless Unicode (no TeX, no control
characters, no bidirectional overrides) but is still plain: channels escape it.

A card has the same order on every channel: what it is, titles, authors, the line, what to know of it, comments,
reason, links, abstracts. Places with both languages get the papers' texts in both, and our words in English; an
answer has them in the language of whoever asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import quote

from bot.changes import is_withdrawn
from bot.digest import Card, Digest, Lack
from bot.locale import say
from bot.matching import Span, spans
from bot.model import AnnounceType, Change, Language, Paper, Reason
from bot.presentation.coverage import coverage_lines
from bot.presentation.dates import bare_day, bare_days, full_days, title_days
from bot.presentation.faults import fault_lines, no_papers_line
from bot.presentation.lines import CardLines, ChangeLines, DigestLines, NamedLines, Passage
from bot.presentation.links import links
from bot.text.chinese import typeset
from bot.text.harmless import one_line
from bot.text.latex import readable
from bot.text.traditional import traditional
from bot.verbs import Verb

NAME = "Sudi 速递"
PAGE = "{verb} {0.date} {0.page}"
"""What people type to see papers that a digest has no room for: a form for a `Further`."""

AUTHORS_SHOWN = 12
_QUERY_SHOWN = 300  # characters
_OLD = timedelta(days=62)  # since the beginning of the month of its id

_FIELD_PREFIX = re.compile(r"^[a-z]+:")


def digest_lines(digest: Digest, *, names_all: bool = False) -> DigestLines:
    """Everything that one digest says; `names_all`: all that is not shown is named, however much that is."""
    language = digest.destination.language
    locale = interface(language)
    named = digest.rest if names_all else digest.named
    heading = "digest.named" if len(named) == len(digest.rest) else "digest.named_some"
    coverage = coverage_lines(digest.coverage, locale, digest.destination.slot.zone)
    queries = _queries((*digest.cards, *digest.rest))
    dates = _dates(digest)
    return DigestLines(
        lang=lang_tag(locale),
        title=_title(digest, locale, title_days(dates, locale) if dates else ""),
        title_in_full=_title(digest, locale, full_days(dates, locale) if dates else ""),
        dates=bare_days(dates, locale) if dates else "",
        count=len(digest.cards) + len(digest.rest),
        nothing="" if digest.cards else no_papers_line(digest.no_papers, locale),
        query=say("digest.query", locale, query=_shown(queries[0])) if len(queries) == 1 else "",
        coverage=say("digest.coverage", locale, coverage=coverage.line) if coverage.line else "",
        warnings=(*fault_lines(digest.faults, locale), *coverage.differing),
        lack=_lack(digest, locale),
        cards=_cards(digest, names_queries=len(queries) > 1),
        more=say("digest.more", locale, n=len(digest.rest)) if digest.rest else "",
        named=say(heading, locale, n=len(digest.rest), named=len(named)) if named else "",
        rest=tuple(_named(card, language) for card in named),
        changes=tuple(_change(each, locale) for each in digest.changes),
        provenance=_provenance(digest, locale),
        link=digest.link,
        open=_opening(digest, locale) if digest.link else "",
    )


def _cards(digest: Digest, *, names_queries: bool) -> tuple[CardLines, ...]:
    """The cards; where nobody makes Chinese texts, none says that it has none: only admins can change that."""
    lines = cards_lines(digest.cards, digest.destination.language, names_queries=names_queries)
    if digest.lack is not Lack.SETUP:
        return lines
    both = zip(lines, digest.cards, strict=True)
    return tuple(one if card.summary else replace(one, caution="") for one, card in both)


def _lack(digest: Digest, locale: str) -> str:
    """Why Chinese texts are missing, for those who read them and may wait for them."""
    is_told = digest.lack in (Lack.BUDGET, Lack.LATE) and digest.destination.language is not Language.EN
    return say(f"digest.lack_{digest.lack}", locale) if is_told else ""


def _opening(digest: Digest, locale: str) -> str:
    return say("digest.open" if digest.cards else "digest.open_day", locale, n=digest.matched)


def further_lines(digest: Digest, command: str = PAGE, key: str = "digest.further") -> tuple[str, ...]:
    """Where papers are found that are not even named; `command` is what people type, as PAGE."""
    locale = interface(digest.destination.language)
    verb = Verb.TODAY.typed(locale)
    return tuple(
        say(key, locale, n=one.count, date=bare_day(one.date, locale), command=command.format(one, verb=verb))
        for one in digest.further
    )


def _provenance(digest: Digest, locale: str) -> str:
    """Who made the Chinese texts, for those who read them."""
    if digest.destination.language is Language.EN:
        return ""
    makers = (each for card in digest.cards if card.summary for each in card.summary.provenance.split(", "))
    names = [_maker(each, locale) for each in dict.fromkeys(makers) if each]
    return say("digest.provenance", locale, who=say("card.comma", locale).join(names)) if names else ""


def cards_lines(
    cards: Sequence[Card], language: Language, *, names_queries: bool | None = None, locale: str = ""
) -> tuple[CardLines, ...]:
    """The cards that are shown together; each says its date if they have several, and so its queries.

    `locale` is the language of our own words, where it is not that of the papers.
    """
    is_dated = len({card.date for card in cards}) > 1
    is_named = len(_queries(cards)) > 1 if names_queries is None else names_queries
    return tuple(
        _card(
            replace(card, subscriptions=()),
            _queries([card]) if is_named else (),
            language,
            is_dated=is_dated,
            locale=locale or interface(language),
        )
        for card in cards
    )


def _queries(cards: Iterable[Card]) -> tuple[str, ...]:
    """All the queries that have found some papers."""
    return tuple(dict.fromkeys(one.query for card in cards for one in card.subscriptions if one.query))


def _shown(query: str) -> str:
    text = one_line(query)
    return text if len(text) <= _QUERY_SHOWN else f"{text[: _QUERY_SHOWN - 1]}…"


def interface(language: Language) -> str:
    """The language of the sentences that are said only once."""
    return language.chinese if language.plain is Language.ZH else "en"


def lang_tag(locale: str) -> str:
    """The locale's name of a language as BCP 47 has it."""
    return {"zh": "zh-Hans", "zh-hant": "zh-Hant"}.get(locale, locale)


def _named(card: Card, language: Language) -> NamedLines:
    """A paper by its titles: to make all of a card ready takes most of a digest's time."""
    paper, reasons = card.paper, tuple(one for one in card.reasons if one.field.startswith("title"))
    chinese = card.summary.title if card.summary and language is not Language.EN else ""
    return _named_lines(paper.id, paper.url, paper.title, chinese, reasons, language)


@lru_cache(maxsize=4096)  # most papers of a day are named to many destinations
def _named_lines(
    paper_id: str, url: str, title: str, chinese: str, reasons: tuple[Reason, ...], language: Language
) -> NamedLines:
    titles = _titles(title, _chinese(chinese, language) if chinese else "", reasons, language)
    return NamedLines(one_line(paper_id), _quoted(url), titles)


def _titles(title: str, chinese: str, reasons: tuple[Reason, ...], language: Language) -> tuple[Passage, ...]:
    """The titles in reading order; `chinese` is empty where there is none."""
    text = _english(title)
    titles = [Passage(text, "en", marks=spans(reasons, "title", text))]
    if chinese:
        lang = lang_tag(language.chinese)
        titles.append(Passage(chinese, lang, marks=spans(reasons, "title_zh", chinese)))
    return tuple(titles[::-1] if language.plain is Language.ZH else titles)


def _title(digest: Digest, locale: str, dates: str) -> str:
    """How many papers of which dates."""
    if digest.no_papers:
        return say(f"no_papers.title_{digest.no_papers.why}" if dates else "no_papers.title", locale, dates=dates)
    return say(
        "digest.title" if dates else "digest.count", locale, n=len(digest.cards) + len(digest.rest), dates=dates
    )


def _dates(digest: Digest) -> Sequence[date]:
    silent = digest.no_papers.dates if digest.no_papers else tuple(sorted({row.date for row in digest.coverage}))
    return digest.dates or silent


def _change(change: Change, locale: str) -> ChangeLines:
    """What has become of a paper; the words of the locale, with the title that its reader knows."""
    title = _english(change.paper.title)
    said = say(f"change.{change.kind}", locale, title=title, before=change.before, after=change.after)
    return ChangeLines(one_line(change.paper.id), _url(change.paper), said)


def _url(paper: Paper) -> str:
    return _quoted(paper.url)


def _quoted(url: str) -> str:
    return quote(url, safe=":/.")


@lru_cache(maxsize=512)  # a day's papers go to many destinations, one after the other
def _card(card: Card, queries: tuple[str, ...], language: Language, *, is_dated: bool, locale: str) -> CardLines:
    paper = card.paper
    chinese = _chinese_passages(card, language) if language is not Language.EN else {}
    in_chinese = chinese["title"].text if "title" in chinese else ""
    facts = [one_line(" ".join(paper.categories)), _type(card, locale), _age(card, locale)]
    if is_dated and card.is_announced:
        facts.append(bare_day(card.date, locale))
    named = say("digest.semicolon", locale).join(map(_shown, queries))
    return CardLines(
        id=one_line(paper.id),
        url=_url(paper),
        facts=" · ".join(filter(None, facts)),
        titles=_titles(paper.title, in_chinese, card.reasons, language),
        authors=_authors(paper, locale),
        lines=tuple(filter(None, (chinese.get("one_line"), _line(card, chinese, language, locale)))),
        caution=_caution(card, chinese, language, locale),
        notes=tuple(filter(None, (_comments(card, locale), _published(card, locale)))),
        why=_why(card.reasons, locale),
        queries=say("card.queries", locale, queries=named) if queries else "",
        links=links(paper, locale),
        abstracts=_abstracts(card, chinese.get("abstract"), language),
    )


def _chinese_passages(card: Card, language: Language) -> dict[str, Passage]:
    if card.summary is None:
        return {}
    texts = {"title": card.summary.title, "one_line": card.summary.one_line, "abstract": card.summary.abstract}
    locale = language.chinese
    # A translator has no words of its own: its line is a sentence of the authors.
    is_translated = all(one.startswith("mt:") for one in card.summary.provenance.split(", "))
    labels = {"one_line": say("card.key_sentence" if is_translated else "card.one_line", locale)}
    readied = {kind: _chinese(text, language) for kind, text in texts.items()}
    return {
        kind: _marked(Passage(text, lang_tag(locale), labels.get(kind, "")), card, f"{kind}_zh")
        for kind, text in readied.items()
        if text
    }


def _line(card: Card, chinese: Mapping[str, Passage], language: Language, locale: str) -> Passage | None:
    """Return the English line, for readers of English; for others only where there is no Chinese one."""
    if card.english is None:
        return None
    text, is_picked = _english(card.english.one_line), _is_picked(card)
    is_wanted = (
        language is Language.EN or "one_line" not in chinese or (language.plain is Language.BOTH and not is_picked)
    )
    label = say("card.key_sentence" if is_picked else "card.one_line", locale if is_picked else "en")
    return Passage(text, "en", label) if text and is_wanted else None


def _is_picked(card: Card) -> bool:
    """Whether its line in English is a sentence of its abstract."""
    return card.english is not None and card.english.provenance == "extract"


def _caution(card: Card, chinese: Mapping[str, Passage], language: Language, locale: str) -> str:
    """What a reader should know about the Chinese texts of a card."""
    if language is Language.EN:
        return ""
    if card.summary is None or not chinese:
        return say("card.missing", locale)
    if card.summary.flaws:
        return say("card.unchecked", locale)
    return say("card.machine", locale) if "mt:" in card.summary.provenance else ""


def _marked(passage: Passage, card: Card, field: str) -> Passage:
    return replace(passage, marks=spans(card.reasons, field, passage.text))


def _abstracts(card: Card, chinese: Passage | None, language: Language) -> tuple[Passage, ...]:
    """English first; Chinese readers get the Chinese one first, and the English one only if they need it."""
    english = _marked(Passage(_english(card.paper.abstract), "en", key=_key(card)), card, "abstract")
    is_sure = chinese and not (card.summary and card.summary.flaws)
    shown = [english] if english.text and not (is_sure and language.plain is Language.ZH) else []
    if chinese:
        shown.insert(0 if language.plain is Language.ZH else len(shown), chinese)
    return tuple(shown)


def _key(card: Card) -> Span | None:
    """Where the sentence that says most stands in the abstract."""
    sentence = _english(card.english.one_line) if card.english and _is_picked(card) else ""
    start = _english(card.paper.abstract).find(sentence) if sentence else -1
    return (start, start + len(sentence)) if start >= 0 else None


def _comments(card: Card, locale: str) -> Passage | None:
    text = _english(card.paper.comments)
    return _marked(Passage(text, "en", say("card.comments", locale)), card, "comment") if text else None


def _published(card: Card, locale: str) -> Passage | None:
    """Where the paper has appeared, as its authors say: the journal reference and the DOI."""
    doi = f"doi:{card.paper.doi}" if card.paper.doi else ""
    text = _english(" · ".join(filter(None, (card.paper.journal_ref, doi))))
    return Passage(text, "en", say("card.published", locale)) if text else None


def _authors(paper: Paper, locale: str) -> str:
    names = [_english(author) for author in paper.authors]
    shown = ", ".join(names[:AUTHORS_SHOWN])
    if len(names) <= AUTHORS_SHOWN:
        return shown
    more = len(names) - AUTHORS_SHOWN
    return say("card.authors", locale, shown=shown, n=more, more=f"{more:,}", all=f"{len(names):,}")


def _type(card: Card, locale: str) -> str:
    """How it was announced; a later version is never new, and what was not announced is not, either."""
    kind = card.type.value.replace("-", "_")
    if card.type is AnnounceType.NEW and card.paper.version > 1:
        kind = "replace"
    if is_withdrawn(card.paper):
        kind = "withdrawn"
    if kind == "new" and not card.is_announced:
        return ""
    if not (card.paper.is_version_known or kind in ("new", "cross")):
        kind += "_unsaid"
    return say(f"card.type_{kind}", locale, version=card.paper.version)


def _age(card: Card, locale: str) -> str:
    """When an old paper that is newly cross-listed, or that was not announced, was first submitted."""
    month = card.paper.submitted
    is_old = month is not None and card.type is AnnounceType.CROSS and card.date - month >= _OLD
    if month is None or (card.is_announced and not is_old):
        return ""
    names = say("moment.months", locale).split()
    return say("card.age", locale, year=month.year, month=names[month.month - 1])


def _why(reasons: Sequence[Reason], locale: str) -> str:
    """Terms found in texts first, with all the fields of each; then categories and types as they are."""
    fields: dict[tuple[str, str], list[str]] = {}
    codes: dict[str, None] = {}
    for reason in reasons:
        term = one_line(_FIELD_PREFIX.sub("", reason.term).strip('"'))
        if reason.field in ("category", "type"):
            codes[term] = None
        else:
            fields.setdefault((term, reason.via), []).append(say(f"card.field_{reason.field}", locale))
    comma = say("card.comma", locale)
    found = [
        say("card.found_via" if via else "card.found", locale, term=term, via=via, fields=comma.join(names))
        for (term, via), names in fields.items()
    ]
    return say("card.because", locale, reasons=" · ".join([*found, *codes])) if found or codes else ""


def _maker(provenance: str, locale: str) -> str:
    """A provenance as people read it: `arxivdaily`, `llm:MODEL`, `mt:ENGINE`."""
    kind, _, name = provenance.partition(":")
    return {"arxivdaily": "arXivDaily", "llm": f"AI ({one_line(name)})", "mt": _machine(name, locale)}.get(
        kind, one_line(provenance)
    )


@lru_cache(maxsize=2048)
def _chinese(text: str, language: Language) -> str:
    shown = typeset(text)
    return one_line(readable(traditional(shown) if language.is_traditional else shown))


def _machine(name: str, locale: str) -> str:
    return f"{say('card.machine', locale)} ({one_line(name).capitalize()})"


@lru_cache(maxsize=4096)  # they are asked for more than once: by other cards of the same paper
def _english(text: str) -> str:
    return one_line(readable(text))
