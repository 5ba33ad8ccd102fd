"""What comes into the mailbox through postfix and dovecot: requests that prove nothing, programs, bounces."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App
from bot.model import AnnounceType
from bot.store import schema
from bot.web import Site
from tests import PATIENCE
from tests.channels.email.writing import ADA, BOT, Post, post, running, text, token
from tests.channels.slack.talk import NOON, until
from tests.counterparts import arxiv_mail
from tests.fakes import DAY, FakeTeller, alerts, ingest, listing, matched, paper, rows, subscribed

EVE = "eve@reader.test"
TABLES = [schema.subscriber, schema.identity, schema.destination, schema.subscription]


@pytest.fixture(scope="module")
def running_post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with post(tmp_path_factory.mktemp("post")) as one:
        yield one


@pytest.fixture
def opened(running_post: Post, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setenv("SSL_CERT_FILE", str(running_post.authorities))
    return running_post


async def nothing_is_stored(app: App) -> bool:
    return [await rows(app.store, table) for table in TABLES] == [[]] * len(TABLES)


def to(mail: EmailMessage) -> str:
    return str(mail["To"])


async def test_who_writes_in_the_name_of_another_learns_nothing_and_changes_nothing(opened, tmp_path):
    async with running(opened, tmp_path) as (app, _):
        forged = EmailMessage()
        forged["From"], forged["To"], forged["Reply-To"] = ADA, BOT, EVE
        forged["Subject"], forged["Message-ID"] = "subscribe cs.LG tide", "<forged@reader.test>"
        forged.set_content("")
        before = len(opened.mails())
        answer = await opened.answered(opened.hand_in(forged, EVE))
        assert to(answer) == ADA
        await opened.all_read()
        assert [to(one) for one in opened.mails()[before:]] == [ADA]
        assert await nothing_is_stored(app)
        guessed = token(answer)[:-8] + "a" * 8
        refused = await opened.answered(opened.write(f"Re: [{guessed}]", "yes", sender=EVE))
        assert "already used" in text(refused)
        assert await nothing_is_stored(app)


async def test_a_request_is_answered_once_whoever_repeats_it_and_confirmed_once(opened, tmp_path):
    async with running(opened, tmp_path) as (app, clock):
        asked = EmailMessage()
        asked["From"], asked["To"], asked["Subject"] = ADA, BOT, "subscribe cs.LG tide"
        asked["Message-ID"] = "<repeated@reader.test>"
        asked.set_content("")
        question = await opened.answered(opened.hand_in(asked))
        opened.hand_in(asked)
        await opened.all_read()
        assert sum(one["In-Reply-To"] == asked["Message-ID"] for one in opened.mails()) == 1
        clock.forward(hours=25)
        late = await opened.answered(opened.answer(question, "yes"))
        assert "already used" in text(late)
        assert await nothing_is_stored(app)
        question = await opened.answered(opened.write("subscribe cs.LG tide"))
        done = await opened.answered(opened.answer(question, "yes"))
        assert "Subscribed (#1)" in text(done)
        again = await opened.answered(opened.answer(question, "yes"))
        assert "already used" in text(again)
        assert len(await rows(app.store, schema.subscription)) == 1


async def test_a_crash_between_the_answer_and_the_mark_answers_no_second_time(opened, tmp_path):
    async with running(opened, tmp_path):
        message_id = opened.write("help")
        await opened.answered(message_id)
        await opened.all_read()
    (cur, new) = (opened.imap.maildir / name for name in ("cur", "new"))
    (one,) = (each for each in cur.iterdir() if message_id.encode() in each.read_bytes())
    one.rename(new / one.name.partition(":2,")[0])
    before = len(opened.mails())
    async with running(opened, tmp_path):
        await opened.all_read()
    assert len(opened.mails()) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<list.reader.test>"},
        {"sender": "mailer-daemon@reader.test"},
        {"sender": "papers@sudi.test"},
    ],
    ids=str,
)
async def test_programs_are_not_answered(opened, tmp_path, headers):
    async with running(opened, tmp_path) as (app, _):
        before = len(opened.mails())
        opened.write("subscribe cs.LG tide", **headers)
        await opened.all_read()
        assert len(opened.mails()) == before
        assert await rows(app.store, schema.incoming_email) == []


async def test_a_mailbox_that_bounces_is_paused_and_its_owner_told_elsewhere(opened, tmp_path):
    bounces = "papers+{token}@sudi.test"
    async with running(opened, tmp_path, smtp_bounces=bounces) as (app, clock):
        destination, (subscription,) = await subscribed(
            app.store, "cs.LG tide", channel="email", address="ada@gone.test", owner="ada@gone.test", now=NOON
        )
        async with app.store.write() as tx:
            await tx.subscribers.link(("email", "ada@gone.test"), ("fake", "U1"), NOON)
        await matched(app.store, subscription, paper(1), now=NOON)
        await app.plan_all()
        await app.deliver()
        async with asyncio.timeout(PATIENCE):
            while True:
                async with app.store.read() as tx:
                    stopped = await tx.subscribers.find_destination(destination.id)
                if stopped.paused:
                    break
                await asyncio.sleep(0.05)
        assert stopped.paused.startswith("5.1.1")
        assert "ada@" not in stopped.paused
        told = FakeTeller()
        await alerts(app.store, clock, told).tell()
        ((person, said, _about),) = told.told
        assert person == "U1"
        assert "Mail to ada@gone.test bounces" in said


async def test_the_link_of_a_digest_leads_to_its_page_and_unsubscribes_by_one_click(opened, tmp_path):
    async with running(opened, tmp_path, bot_public_url="https://sudi.test") as (app, clock):
        destination, (subscription,) = await subscribed(
            app.store, "cs.LG tide", channel="email", address=ADA, now=NOON
        )
        await matched(app.store, subscription, paper(1), now=NOON)
        await app.plan_all()
        before = len(opened.mails())
        await app.deliver()
        await until(lambda: len(opened.mails()) > before, "a digest")
        digest = opened.mails()[-1]
        link, way = (one.strip(" <>") for one in str(digest["List-Unsubscribe"]).split(","))
        assert link.startswith("https://sudi.test/mail/")
        assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

        async with TestClient(TestServer(Site(app.email_workflow).application())) as browser:
            path = link.removeprefix("https://sudi.test")
            async with browser.get(path) as page:
                assert ADA in await page.text()
            assert len(await rows(app.store, schema.subscription)) == 1
            async with browser.post(path, data={"List-Unsubscribe": "One-Click"}) as answer:
                assert answer.status == 200
        assert await rows(app.store, schema.subscription) == []
        async with app.store.write() as tx:
            await tx.subscribers.subscribe(destination.id, "hep-th", clock.now)
        subject = way.partition("?subject=")[2].replace("%20", " ")
        done = await opened.answered(opened.write(subject))
        assert "#2: hep-th" in text(done)
        assert await rows(app.store, schema.subscription) == []


async def test_arxivs_own_mail_confirms_what_was_read_and_one_in_its_name_does_not(opened, tmp_path):
    sources = ("arxiv_listing",)  # with what the mail is compared; nobody has subscribed, so nothing is read
    async with running(opened, tmp_path, imap_authserv=arxiv_mail.SERVER, bot_sources=sources) as (app, _):
        for category in ("cs.LG", "cs.AI"):
            await ingest(app.store, [listing(category, paper(1), source="arxiv_listing")], NOON)
        for names, vouched in ((["Machine Learning"], arxiv_mail.VOUCHED), (["Artificial Intelligence"], "")):
            said = arxiv_mail.text_of_mail(names, DAY, [(paper(1), AnnounceType.NEW)])
            raw = arxiv_mail.mail(said, vouched=vouched)
            one = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(one, EmailMessage)
            opened.hand_in(one)
        await opened.all_read()
        async with app.store.read() as tx:
            confirmed = {row.category: row.is_mailed for row in await tx.papers.coverage([DAY])}
        assert confirmed == {"cs.AI": False, "cs.LG": True}
