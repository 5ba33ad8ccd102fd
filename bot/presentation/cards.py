"""What a card and a digest say, line by line, in the reader's language; how it looks is each channel's business.

Not a channel. Every text that leaves here is one line of readable, harmless Unicode (no TeX, no control
characters, no bidirectional overrides) but is still plain: channels escape it.

Readers of both languages get labels twice, and the coverage and the reasons once, in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from urllib.parse import quote

from bot.changes import is_withdrawn
from bot.digest import Card, Digest, Lack
from bot.locale import say
from bot.matching import spans
from bot.model import AnnounceType, Change, Language, Paper, Reason
from bot.presentation.coverage import coverage_lines
from bot.presentation.faults import fault_lines, no_papers_line, span
from bot.presentation.lines import CardLines, ChangeLines, DigestLines, NamedLines, Passage
from bot.presentation.links import links
from bot.text.chinese import typeset
from bot.text.harmless import one_line
from bot.text.latex import readable
from bot.text.traditional import traditional
from bot.verbs import Verb

NAME = "Sudi 速递"
PAGE = f"{Verb.TODAY} {{0.date}} {{0.page}}"
"""What people type to see papers that a digest has no room for: a form for a `Further`."""

AUTHORS_SHOWN = 12
_OLD = timedelta(days=62)  # since the beginning of the month of its id

_FIELD_PREFIX = re.compile(r"^[a-z]+:")


def digest_lines(digest: Digest, *, names_all: bool = False) -> DigestLines:
    """Everything that one digest says; `names_all`: all that is not shown is named, however much that is."""
    language = digest.destination.language
    zone = digest.destination.slot.zone
    named = digest.rest if names_all else digest.named
    heading = "digest.named" if len(named) == len(digest.rest) else "digest.named_some"
    matched = None if digest.no_papers else digest.matched
    coverage = coverage_lines(digest.coverage, matched, interface(language), zone)
    return DigestLines(
        lang=lang_tag(interface(language)),
        title=_title(digest),
        dates=_dates(digest),
        coverage=coverage.line,
        warnings=(*fault_lines(digest.faults, interface(language)), *coverage.differing),
        provenance=_provenance(digest),
        chinese=lang_tag(language.chinese),
        nothing=() if digest.cards else _nothing(digest),
        cards=_cards(digest),
        more=_twice("digest.more", language, n=len(digest.rest)) if digest.rest else "",
        named=_twice(heading, language, n=len(digest.rest), named=len(named)) if named else "",
        rest=tuple(_named(card, language) for card in named),
        changes=tuple(_change(each, interface(language)) for each in digest.changes),
        link=digest.link,
        open=_opening(digest, interface(language)) if digest.link else "",
    )


def _cards(digest: Digest) -> tuple[CardLines, ...]:
    """The cards; where nobody makes Chinese texts, none says that it has none: only admins can change that."""
    lines = cards_lines(digest.cards, digest.destination.language)
    if digest.lack is not Lack.SETUP:
        return lines
    both = zip(lines, digest.cards, strict=True)
    return tuple(one if card.summary else replace(one, missing="") for one, card in both)


def _opening(digest: Digest, locale: str) -> str:
    return say("digest.open" if digest.cards else "digest.open_day", locale, n=digest.matched)


def further_lines(digest: Digest, command: str = PAGE, key: str = "digest.further") -> tuple[str, ...]:
    """Where papers are found that are not even named; `command` is what people type, as PAGE."""
    return tuple(
        _twice(key, digest.destination.language, n=one.count, date=one.date, command=command.format(one))
        for one in digest.further
    )


def _provenance(digest: Digest) -> str:
    """Who made the Chinese texts, and why some are missing, for those who read them."""
    language = digest.destination.language
    if language is Language.EN:
        return ""
    makers = (each for card in digest.cards if card.summary for each in card.summary.provenance.split(", "))
    comma = say("card.comma", language.chinese)
    names = comma.join(_maker(each, language.chinese) for each in dict.fromkeys(makers) if each)
    who = say("digest.provenance", language.chinese, who=names) if names else ""
    why = _twice(f"digest.lack_{digest.lack}", language) if digest.lack not in (Lack.NOTHING, Lack.SETUP) else ""
    return " · ".join(filter(None, (who, why)))


def cards_lines(cards: Sequence[Card], language: Language) -> tuple[CardLines, ...]:
    """The cards that are shown together; each says its date if they have several."""
    is_dated = len({card.date for card in cards}) > 1
    return tuple(
        _card(replace(card, subscriptions=()), tuple(one.number for one in card.subscriptions), language, is_dated)
        for card in cards
    )


def interface(language: Language) -> str:
    """The language of the sentences that are said only once."""
    return language.chinese if language.plain is Language.ZH else "en"


def lang_tag(locale: str) -> str:
    """The locale's name of a language as BCP 47 has it."""
    return {"zh": "zh-Hans", "zh-hant": "zh-Hant"}.get(locale, locale)


def _named(card: Card, language: Language) -> NamedLines:
    """A paper by its titles: to make all of a card ready takes most of a digest's time."""
    chinese = card.summary.title if card.summary and language is not Language.EN else ""
    reasons = tuple(one for one in card.reasons if one.field.startswith("title"))
    titles = _titles(card.paper.title, _chinese(chinese, language) if chinese else "", reasons, language)
    return NamedLines(one_line(card.paper.id), _url(card.paper), titles)


@lru_cache(maxsize=4096)  # most papers of a day are named to many destinations
def _titles(title: str, chinese: str, reasons: tuple[Reason, ...], language: Language) -> tuple[Passage, ...]:
    """The titles in reading order; `chinese` is empty where there is none."""
    text = _english(title)
    titles = [Passage(text, "en", marks=spans(reasons, "title", text))]
    if chinese:
        lang = lang_tag(language.chinese)
        titles.append(Passage(chinese, lang, marks=spans(reasons, "title_zh", chinese)))
    return tuple(titles[::-1] if language.plain is Language.ZH else titles)


def _nothing(digest: Digest) -> tuple[Passage, ...]:
    """Why there are no papers, in each language."""
    return tuple(
        Passage(no_papers_line(digest.no_papers, locale), lang_tag(locale))
        for locale in digest.destination.language.locales
    )


def _title(digest: Digest) -> str:
    key = f"no_papers.title_{digest.no_papers.why}" if digest.no_papers else "digest.count"
    counts = [say(key, locale, n=len(digest.cards)) for locale in digest.destination.language.locales]
    return " · ".join(part for part in (NAME, _dates(digest), *reversed(counts)) if part)


def _dates(digest: Digest) -> str:
    silent = digest.no_papers.dates if digest.no_papers else tuple(sorted({row.date for row in digest.coverage}))
    return span(digest.dates or silent)


def _change(change: Change, locale: str) -> ChangeLines:
    """What has become of a paper; the words of the locale, with the title that its reader knows."""
    title = _english(change.paper.title)
    said = say(f"change.{change.kind}", locale, title=title, before=change.before, after=change.after)
    return ChangeLines(one_line(change.paper.id), _url(change.paper), said)


def _url(paper: Paper) -> str:
    return _quoted(paper.url)


@lru_cache(maxsize=4096)
def _quoted(url: str) -> str:
    return quote(url, safe=":/.")


@lru_cache(maxsize=512)  # a day's papers go to many destinations, one after the other
def _card(card: Card, numbers: tuple[int, ...], language: Language, is_dated: bool) -> CardLines:
    paper = card.paper
    chinese = _chinese_passages(card, language) if language is not Language.EN else {}
    in_chinese = chinese["title"].text if "title" in chinese else ""
    facts = list(
        filter(None, [one_line(" ".join(paper.categories)), _type(card, language), *_age(card, language)])
    )
    return CardLines(
        id=one_line(paper.id),
        url=_url(paper),
        titles=_titles(paper.title, in_chinese, card.reasons, language),
        authors=_authors(paper, language),
        facts=" · ".join([*facts, card.date.isoformat()] if is_dated and card.is_announced else facts),
        why=_why(card.reasons, numbers, interface(language)),
        notes=tuple(filter(None, _notes(card, chinese, language))),
        abstracts=_abstracts(card, chinese.get("abstract"), language),
        missing=_caution(card, chinese, language),
        links=links(paper, interface(language)),
    )


def _chinese_passages(card: Card, language: Language) -> dict[str, Passage]:
    if card.summary is None:
        return {}
    texts = {"title": card.summary.title, "one_line": card.summary.one_line, "abstract": card.summary.abstract}
    locale = language.chinese
    # A translator has no words of its own: its line is a sentence of the authors.
    is_translated = all(one.startswith("mt:") for one in card.summary.provenance.split(", "))
    labels = {
        "title": "",
        "one_line": say("card.key_sentence" if is_translated else "card.one_line", locale),
        "abstract": say("card.chinese_abstract", locale),
    }
    readied = {kind: _chinese(text, language) for kind, text in texts.items()}
    return {
        kind: _marked(Passage(text, lang_tag(locale), labels[kind]), card, f"{kind}_zh")
        for kind, text in readied.items()
        if text
    }


def _line(card: Card, chinese: Mapping[str, Passage], language: Language) -> Passage | None:
    """Return the English line, for readers of English; for others only where there is no Chinese one."""
    if card.english is None:
        return None
    text, is_picked = _english(card.english.one_line), card.english.provenance == "extract"
    is_wanted = (
        language is Language.EN or "one_line" not in chinese or (language.plain is Language.BOTH and not is_picked)
    )
    label = say("card.key_sentence" if is_picked else "card.one_line", interface(language) if is_picked else "en")
    return Passage(text, "en", label) if text and is_wanted else None


def _caution(card: Card, chinese: Mapping[str, Passage], language: Language) -> str:
    """What a reader should know about the Chinese texts of a card."""
    if language is Language.EN:
        return ""
    if card.summary is None or not chinese:
        return _twice("card.missing", language)
    said = [
        _twice("card.machine", language) if "mt:" in card.summary.provenance else "",
        _twice("card.unchecked", language) if card.summary.flaws else "",
    ]
    return " · ".join(filter(None, said))


def _marked(passage: Passage, card: Card, field: str) -> Passage:
    return replace(passage, marks=spans(card.reasons, field, passage.text))


def _abstracts(card: Card, chinese: Passage | None, language: Language) -> tuple[Passage, ...]:
    """Chinese first; Chinese readers get the English one only if there is no other."""
    abstract = Passage(_english(card.paper.abstract), "en", say("card.abstract", interface(language)))
    english = _marked(abstract, card, "abstract")
    shown = [chinese] if chinese else []
    is_sure = chinese and not (card.summary and card.summary.flaws)
    if english.text and not (is_sure and language.plain is Language.ZH):
        shown.append(english)
    return tuple(shown)


def _notes(card: Card, chinese: Mapping[str, Passage], language: Language) -> Iterator[Passage | None]:
    yield chinese.get("one_line")
    yield _line(card, chinese, language)
    yield _comments(card)
    yield _published(card)


def _comments(card: Card) -> Passage | None:
    text = _english(card.paper.comments)
    return _marked(Passage(text, "en", say("card.comments", "en")), card, "comment") if text else None


def _published(card: Card) -> Passage | None:
    """Where the paper has appeared, as its authors say: the journal reference and the DOI."""
    doi = f"doi:{card.paper.doi}" if card.paper.doi else ""
    text = _english(" · ".join(filter(None, (card.paper.journal_ref, doi))))
    return Passage(text, "en", say("card.published", "en")) if text else None


def _authors(paper: Paper, language: Language) -> str:
    names = [_english(author) for author in paper.authors]
    shown = ", ".join(names[:AUTHORS_SHOWN])
    if len(names) <= AUTHORS_SHOWN:
        return shown
    more = len(names) - AUTHORS_SHOWN
    return say("card.authors", interface(language), shown=shown, more=more, all=len(names))


def _type(card: Card, language: Language) -> str:
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
    return _twice(f"card.type_{kind}", language, version=card.paper.version)


def _age(card: Card, language: Language) -> list[str]:
    """When an old paper that is newly cross-listed, or that was not announced, was first submitted."""
    month = card.paper.submitted
    is_old = month is not None and card.type is AnnounceType.CROSS and card.date - month >= _OLD
    if month is None or (card.is_announced and not is_old):
        return []
    return [
        " / ".join(
            say("card.age", locale, year=month.year, month=say("moment.months", locale).split()[month.month - 1])
            for locale in language.locales
        )
    ]


def _why(reasons: Sequence[Reason], numbers: Sequence[int], locale: str) -> str:
    found = [*_reasons(reasons, locale), *_subscriptions(numbers, locale)]
    return say("card.because", locale, reasons=" · ".join(found)) if found else ""


def _reasons(reasons: Sequence[Reason], locale: str) -> list[str]:
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
    return [*found, *codes]


def _subscriptions(numbers: Sequence[int], locale: str) -> list[str]:
    named = say("card.comma", locale).join(map(str, numbers))
    return [say("card.subscriptions", locale, n=len(numbers), numbers=named)] if named else []


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


def _twice(key: str, language: Language, **values: object) -> str:
    return " / ".join(dict.fromkeys(say(key, locale, **values) for locale in language.locales))
