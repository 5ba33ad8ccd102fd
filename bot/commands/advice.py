"""What a query may not have been meant to say, told when it is read back: no category, an archive as a word, a
sentence. It is taken all the same; a query without a certain meaning is refused by `query`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain

from bot import taxonomy
from bot.commands.request import Request
from bot.commands.trial import Trial
from bot.matching import reads
from bot.query import And, Query, Term
from bot.sources.client import PAGE_SPACING
from bot.text.variants import simplified

_SENTENCE = 7
"""Words that must all occur, from which on a query looks like a sentence."""
_EXAMPLE = "cs.LG"


def advice(request: Request, trial: Trial) -> list[str]:
    """The lines that belong under a query which is read back, if any."""
    query = trial.query
    return list(chain(_archives(request, query), _sentence(request, query), _everything(request, trial)))


def _archives(request: Request, query: Query) -> Iterator[str]:
    """`math` is a word, `math.*` the archive; so are mathematics, 数学 and computer science, if they are all."""
    words = [term.text for term in query.terms if term.field is None and not (term.quoted or term.prefix)]
    all_words = " ".join(words)
    for word in dict.fromkeys((*words, all_words)):
        archive = _named_so().get(simplified(word.lower()))
        if archive and (word == all_words or archive == word.lower()):
            name = taxonomy.name(archive, "zh" if request.language == "zh" else "en")
            pattern = archive if archive in taxonomy.categories() else f"{archive}.*"
            yield request.say("reply.archive_as_word", word=word, name=name, pattern=pattern)


@cache
def _named_so() -> Mapping[str, str]:
    """Archives by what people call them."""
    names = {taxonomy.name(one, language).lower(): one for one in taxonomy.archives() for language in ("en", "zh")}
    shorter = {name.removesuffix("学"): one for name, one in names.items() if len(name) > len("数学")}
    return shorter | names | {archive: archive for archive in taxonomy.archives()}


def _sentence(request: Request, query: Query) -> Iterator[str]:
    parts = query.root.parts if isinstance(query.root, And) else ()
    words = [
        part.text
        for part in parts
        if isinstance(part, Term) and part.field is None and not (part.quoted or part.prefix)
    ]
    if len(words) >= _SENTENCE:
        phrase, choice = f'"{" ".join(words)}"', ", ".join(words)
        yield request.say("reply.sentence", n=len(words), phrase=phrase, choice=choice)


def _everything(request: Request, trial: Trial) -> Iterator[str]:
    """A query that says nothing of categories has all of them read, for everybody."""
    if reads([trial.query]) is not None:
        return
    pages = sum(one.alias_of is None for one in taxonomy.categories().values())
    yield request.say(
        "reply.reads_everything",
        pages=pages,
        minutes=round(pages * PAGE_SPACING.total_seconds() / 60),
        narrower=f"{', '.join(trial.homes) or _EXAMPLE} {_in_brackets(trial.query)}",
    )


def _in_brackets(query: Query) -> str:
    text = str(query)
    return f"({text})" if " OR " in text else text
