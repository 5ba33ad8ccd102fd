"""What every channel owes its readers: a new one meets this by being in `bot/channels`.

It brings its subject in `tests/channels/subjects`: what a reader sees of its messages, and a counterpart.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from bot.channels import Channel, available, load
from bot.digest import Digest, NoPapers, Report, Why, compose
from bot.errors import SettingsError
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.model import Change, ChangeKind, Destination, Language
from bot.presentation.cards import digest_lines
from bot.presentation.lines import CardLines
from bot.settings import EXAMPLES, Settings
from bot.store import Store, schema
from tests.channels import subjects
from tests.channels.cards import DAY, card, digest, paper, settings
from tests.channels.subjects import Counterpart, Shown, Subject
from tests.counterparts.needed import need
from tests.fakes import NINE, HandClock, matched, planned, rows, states, subscribed
from tests.fakes import paper as stored_paper

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "@everyone @here <@1> <!channel> <at user_id=\"all\"></at> [x](http://evil.test) <a href='http://evil.test'>y</a>"
    " <http://evil.test|z> **b** __u__ ~~s~~ `c` ||p|| <b>k</b> [bold]r[/bold] # h :smile: &lt;i&gt; {{ 7*7 }} \\"
)
PAPERS = (stored_paper(1), stored_paper(2))

pytestmark = pytest.mark.parametrize("name", available())


@pytest.fixture(autouse=True)
def _has_its_library(name: str) -> None:
    try:
        importlib.import_module(f"bot.channels.{name}")
    except ModuleNotFoundError as error:
        need(f"the library of {name}", f"pip install 'sudi[{name}]' brings {error.name}")


@dataclass
class Clock(HandClock):
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        super().__init__()

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds=seconds)


def loaded(name: str) -> tuple[Subject, Channel]:
    known = subjects.subject(name)
    return known, load(name, known.settings())


def to(name: str, whole: Digest, language: Language = Language.BOTH) -> Digest:
    """The same digest, to a destination of the channel."""
    address = subjects.subject(name).address
    return replace(whole, destination=Destination(1, name, address, language, NINE))


def read(name: str, whole: Digest) -> list[Shown]:
    """What readers see of a digest; nothing in it is over a limit."""
    known, channel = loaded(name)
    bodies = channel.render(whole)
    assert [fault for body in bodies for fault in known.faults(body)] == []
    return [known.shown(body) for body in bodies]


def bare(text: str) -> str:
    """A text as it is compared: where a line is broken is the channel's business."""
    return re.sub(r"\s", "", text)


def said_of(one: CardLines, folds: frozenset[str] = frozenset()) -> Iterator[str]:
    """All that is said of one paper."""
    yield from (one.id, one.authors, one.facts, one.why, one.queries, one.caution)
    for passage in (*one.titles, *one.lines, *one.notes, *(() if "abstracts" in folds else one.abstracts)):
        yield from (passage.label, passage.text)


def links_of(whole: Digest) -> set[str]:
    papers = [each.paper for each in (*whole.cards, *whole.named)] + [each.paper for each in whole.changes]
    return {each.url for each in papers} | {one.url for card in digest_lines(whole).cards for one in card.links}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("count", [1, 20, 200])
def test_nothing_is_lost_in_any_language_and_the_limits_are_kept(name: str, count: int, language: Language):
    cards = [card(number, chinese=number % 7 > 0) for number in range(1, count + 1)]
    withdrawn = Change(paper(900, title="Once a Tide"), ChangeKind.WITHDRAWN)
    whole = to(name, digest(*cards, changes=(withdrawn,)), language)
    seen = read(name, whole)
    lines, said = digest_lines(whole), bare("".join(one.text for one in seen))
    for text in (lines.query, lines.coverage, *lines.warnings, lines.lack, *(c.said for c in lines.changes)):
        assert bare(text) in said
    assert bare(lines.title) in said or bare(lines.title_in_full) in said
    for one in lines.cards:
        for text in said_of(one, subjects.subject(name).folds if count > 10 else frozenset()):
            assert bare(text) in said, text
    assert links_of(whole) <= {link for one in seen for link in one.links}


@pytest.mark.parametrize("language", Language)
def test_a_card_has_the_ways_on_to_its_files_its_doi_and_its_code(name: str, language: Language):
    comments = "Code: https://github.com/lab/tidal_kv, project page https://lab.github.io/tidal"
    one = card(1, doi="10.1103/PhysRevD.99.1", journal_ref="Phys. Rev. D 99 (2019) 1", comments=comments)
    whole = to(name, digest(one), language)
    seen = read(name, whole)
    said = bare("".join(each.text for each in seen))
    assert "Phys.Rev.D99(2019)1" in said
    for link in digest_lines(whole).cards[0].links:
        assert bare(link.name) in said
    assert {link for each in seen for link in each.links} >= {
        "https://arxiv.org/abs/2606.90001", "https://arxiv.org/pdf/2606.90001", "https://arxiv.org/html/2606.90001",
        "https://doi.org/10.1103/PhysRevD.99.1", "https://github.com/lab/tidal_kv", "https://lab.github.io/tidal",
    }  # fmt: skip


@pytest.mark.parametrize("language", Language)
def test_what_is_beyond_the_cap_is_named_with_its_link(name: str, language: Language):
    place = Destination(1, name, subjects.subject(name).address, language, NINE)
    cards = [card(number) for number in range(1, 131)]
    whole = compose("41", place, cards, report=Report(digest().coverage), cap=20)
    seen = read(name, whole)
    said = bare("".join(one.text for one in seen))
    for one in digest_lines(whole).rest:
        assert all(bare(title.text) in said for title in one.titles)
    assert links_of(whole) <= {link for one in seen for link in one.links}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("count", [1, 43, 200])
def test_a_digest_links_to_the_page_with_all_of_it_where_there_is_one(name: str, count: int, language: Language):
    whole = to(name, digest(*(card(number) for number in range(1, count + 1))), language)
    link = "https://sudi.example.org/digest/aaaaaaabab7mf6qai24dq4smcbdgvhcqtyel3os7/"
    linked = replace(whole, link=link)
    seen = read(name, linked)
    assert any(link in one.links for one in seen)
    assert bare(digest_lines(linked).open) in bare("".join(one.text for one in seen))
    assert not any("/digest/" in found for one in read(name, whole) for found in one.links)


@pytest.mark.parametrize("language", Language)
def test_a_day_without_papers_is_explained_in_the_readers_language(name: str, language: Language):
    whole = to(name, digest(no_papers=NoPapers(Why.NOTHING_MATCHED, (DAY,), read=234)), language)
    said = bare("".join(one.text for one in read(name, whole)))
    why = digest_lines(whole).nothing
    assert bare(why.partition("/papers")[0]) in said  # what is typed has a name of its own on some


@pytest.mark.parametrize("language", Language)
def test_text_of_papers_calls_nobody_formats_nothing_and_links_nowhere(name: str, language: Language):
    one = card(1, title=HOSTILE, authors=(HOSTILE,), abstract=HOSTILE, comments=HOSTILE)
    assert one.summary is not None
    made = replace(one.summary, title=f"潮{HOSTILE}", one_line=f"汐{HOSTILE}", abstract=f"港{HOSTILE}")
    beyond = card(2, title=HOSTILE)
    whole = to(name, digest(replace(one, summary=made), rest=(beyond,), matched=2), language)
    seen = read(name, whole)
    assert [call for each in seen for call in each.calls] == []
    assert {link for each in seen for link in each.links} == links_of(whole)
    said = bare("".join(each.text for each in seen))
    for text in said_of(digest_lines(whole).cards[0], subjects.subject(name).folds):
        assert bare(text) in said


@pytest.mark.parametrize("language", Language)
def test_plain_text_says_what_the_blocks_say(name: str, language: Language):
    whole = to(name, digest(*(card(number) for number in range(1, 21))), language)
    seen = read(name, whole)
    said = bare("".join(one.alone or one.text for one in seen))
    lines = digest_lines(whole)
    first = bare(seen[0].alone or seen[0].text)
    assert bare(lines.title) in first or bare(lines.title_in_full) in first, "where it is seen first"
    for one in lines.cards:
        assert all(bare(title.text) in said for title in one.titles)


def test_what_is_previewed_is_what_is_sent(name: str):
    known, channel = loaded(name)
    bodies = channel.render(to(name, digest(card(1), card(2))))
    shown = channel.preview(bodies)
    assert channel.render(to(name, digest(card(1), card(2)))) == bodies, "the same digest gives the same bodies"
    assert "2606.90001" in shown
    assert known.address not in shown or name == "console"


@dataclass
class Run:
    """Two papers on their way to a destination of a counterpart."""

    known: Subject
    counterpart: Counterpart
    store: Store
    clock: Clock

    async def waits(self) -> None:
        """Plan a digest."""
        _, (subscription,) = await subscribed(
            self.store, channel=self.counterpart.channel.name, address=self.known.address, owner=self.known.address
        )
        await matched(self.store, subscription, *PAPERS, now=self.clock())
        await planned(self.store, self.clock())

    async def deliver(self) -> None:
        """Deliver it, in as many rounds as that takes."""
        for _ in range(5):
            channel, clock = self.counterpart.channel, self.clock
            composer = Composer(self.store, cap=50, clock=clock)
            await Courier(self.store, channel, composer, owner="me", clock=clock, sleep=clock.sleep).drain()
            if await states(self.store) != ["ready"]:
                return
            self.clock.forward(hours=1)

    async def assert_all_is_there(self) -> None:
        """Each part is there once; or in copies, as many as the channel admits to."""
        assert await states(self.store) == ["sent"]
        texts = Counter(bare(one) for one in self.counterpart.arrived())
        assert len(texts) == len(await rows(self.store, schema.part))
        assert max(texts.values()) <= max(1, self.counterpart.channel.most_copies)
        said = "".join(texts)
        assert all(bare(one.title) in said for one in PAPERS)


@pytest.fixture
async def run(name: str, sqlite_store: Store, tmp_path: Path) -> AsyncIterator[Run]:
    known = subjects.subject(name)
    async with known.counterpart(tmp_path) as counterpart:
        yield Run(known, counterpart, sqlite_store, Clock())


def able(known: Subject) -> None:
    if known.unable:
        pytest.skip(known.unable)


async def test_a_digest_arrives_as_it_was_rendered(run: Run, name: str):
    await run.waits()
    await run.deliver()
    await run.assert_all_is_there()


async def test_what_fails_for_now_is_sent_again_and_nothing_twice(run: Run, name: str):
    await run.waits()
    run.counterpart.fail_once()
    await run.deliver()
    await run.assert_all_is_there()


async def test_an_answer_that_is_lost_loses_nothing_and_repeats_no_more_than_is_said(run: Run, name: str):
    able(run.known)
    await run.waits()
    run.counterpart.lose_an_answer()
    await run.deliver()
    await run.assert_all_is_there()


async def test_a_refusal_for_good_pauses_the_destination_and_says_why(run: Run, name: str):
    able(run.known)
    await run.waits()
    run.counterpart.refuse()
    await run.deliver()
    assert await states(run.store) == ["dead"]
    async with run.store.read() as tx:
        (destination,) = await tx.subscribers.destinations()
        assert destination.paused
        assert len(await tx.subscribers.subscriptions(destination.id)) == 1
    assert run.counterpart.arrived() == []


def test_it_is_what_the_registry_says(name: str):
    _, channel = loaded(name)
    assert isinstance(channel, Channel)
    assert channel.name == name
    assert channel.pace >= timedelta()
    assert channel.rate_limit_scope("one").startswith(name)


def test_without_its_settings_it_names_one_and_gives_an_example(name: str):
    try:
        load(name, settings())
    except SettingsError as error:
        for line in error.faults:
            setting = line.partition(":")[0]
            assert setting.lower() in Settings.model_fields
            assert f"for example: {setting}=" in line
    else:
        assert subjects.subject(name).settings() == settings(), "it needs settings, and does not say so"


def _files(name: str) -> list[Path]:
    spec = importlib.util.find_spec(f"bot.channels.{name}")
    assert spec is not None
    assert spec.origin is not None
    origin = Path(spec.origin)
    return sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]


def test_every_setting_that_it_reads_has_an_example_and_a_line_in_the_example_file(name: str):
    text = "\n".join(path.read_text("utf-8") for path in _files(name))
    found = {one.upper() for one in re.findall(r"settings\.([a-z]\w+)", text)}
    assert found <= {one.upper() for one in Settings.model_fields}
    assert found <= EXAMPLES.keys()
    example = (ROOT / ".env.example").read_text("utf-8")
    assert [one for one in found if f"{one}=" not in example] == []


def test_its_libraries_are_in_the_extra_of_its_name(name: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"].get(name, ())]
    known = {re.split(r"[\[>=<~!;]", one)[0].lower().replace("_", "-") for one in named}
    trees = [ast.parse(path.read_text("utf-8")) for path in _files(name)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {one.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for one in node.names}
    imported |= {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = imported - set(sys.stdlib_module_names) - {"bot", "__future__", "pydantic", "markupsafe"}
    homes = {one: {home.lower().replace("_", "-") for home in packages_distributions()[one]} for one in foreign}
    assert {one for one, some in homes.items() if not some & known} == set()
