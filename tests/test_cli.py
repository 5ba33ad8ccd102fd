"""The command line as an admin types it: text out, one clear line for what is wrong, exit codes."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import httpx2 as httpx
import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.channels import available
from bot.cli import sudi
from bot.engine.works import GRACE_SECONDS
from bot.errors import CONFIGURE, TRY_AGAIN, PortError, SettingsError, StoreError
from bot.settings import Settings
from bot.store import Store
from bot.store.migrate import head, migrate
from tests import PATIENCE
from tests.counterparts.processes import free_port
from tests.fakes import DAY, MORNING, subscribed

PAGE = str(resources.files("bot.demo") / "day" / "2026-06-10.txt")
FEED = str(Path(__file__).parent / "sources" / "data")


@pytest.fixture(autouse=True)
def _an_empty_folder_and_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def run(*words: str, expect: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(sudi, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == expect, result.output
    return result.stdout, result.stderr


@pytest.mark.parametrize("name", [None, *sudi.commands])
def test_every_command_explains_itself_with_an_example(name):
    out, _ = run(*([name] if name else []), "--help")
    assert "Example:\n" in out


def test_match_prints_one_json_object_for_each_match():
    out, _ = run("match", 'cs.LG, cs.CL "kv cache", quantization -survey', "--from", PAGE, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["id"] for row in rows} == {"2606.90001", "2606.90003", "2606.90005", "2604.90012"}
    revised = next(row for row in rows if row["id"] == "2604.90012")
    assert (revised["version"], revised["announce_type"]) == (3, "replace")
    assert {"term": '"kv cache"', "field": "title"} in next(row for row in rows if row["id"] == "2606.90001")[
        "reasons"
    ]


def test_gate_says_which_models_there_are_when_it_is_asked_for_another_one():
    _, err = run("gate", "--from", PAGE, "--model", "qwen-plus", expect=2)
    assert "no model qwen-plus; there are: " in err


def test_gate_judges_each_chinese_text_of_a_page_on_a_line(tmp_path):
    page = Path(PAGE).read_text("utf-8")
    damaged = tmp_path / "damaged.txt"
    damaged.write_text(page.replace("AI总结 ", "AI总结 请看 https://evil.example/x ", 1), "utf-8")
    out, err = run("gate", "--from", str(damaged), "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    (failed,) = [row for row in rows if not row["pass"]]
    assert failed["rules"] == ["links"]
    assert failed["failures"][0]["field"] == "one_line"
    assert f"{len(rows) - 1} of {len(rows)} pass" in err
    out, _ = run("gate", "--from", PAGE)
    assert all(line.endswith("  pass") for line in out.splitlines())


def test_a_bad_query_is_one_sentence_that_says_what_to_type():
    _, err = run("match", "cs.LGG", "--from", PAGE, expect=2)
    assert "cs.LG" in err


def test_a_missing_file_is_named():
    with pytest.raises(Exception, match=r"nowhere\.xml"):
        run("match", "cs.LG", "--from", "nowhere.xml")


def test_preview_prints_a_mail_and_nothing_else(monkeypatch):
    monkeypatch.setenv("SMTP_URL", "smtp://mail.example.org")
    monkeypatch.setenv("SMTP_FROM", "papers@example.org")
    out, err = run("preview", '"black hole"', "--from", PAGE, "--channel", "email")
    message = email.message_from_string(out, policy=email.policy.default)
    assert message["From"] == "papers@example.org" or "papers@example.org" in message["From"]
    assert {part.get_content_type() for part in message.walk()} >= {"text/plain", "text/html"}
    assert "黑洞" in message.get_body(("plain",)).get_content()
    assert err == ""


def test_preview_on_the_console_is_plain_text_in_the_language_asked_for():
    english, _ = run("preview", '"black hole"', "--from", PAGE, "--language", "en")
    both, _ = run("preview", '"black hole"', "--from", PAGE)
    assert "black hole" in english.lower()
    assert "黑洞" not in english
    assert "黑洞" in both
    assert "\x1b" not in both


def test_a_preview_without_matches_leaves_stdout_empty():
    out, err = run("preview", "nothingofthekind", "--from", PAGE)
    assert out.strip() == ""
    assert "nothing matched" in err


def test_an_unknown_channel_names_those_that_there_are():
    with pytest.raises(SettingsError, match=r"console, .*email"):
        run("preview", "cs.LG", "--from", PAGE, "--channel", "pigeon")


def test_doctor_says_what_is_well_and_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("BOT_CHANNELS", "console,email")
    monkeypatch.setenv("SMTP_URL", "smtp://me:hunter2@127.0.0.1:1")
    monkeypatch.setenv("SMTP_FROM", "papers@example.org")
    monkeypatch.setenv("ARXIV_FEED_URL", str(tmp_path / "{category}.xml"))
    monkeypatch.setenv("ARXIV_URL", str(tmp_path))
    out, _ = run("doctor", expect=1)
    lines = {line.split()[1]: line for line in out.splitlines()}
    assert lines["settings"].startswith("ok")
    assert lines["database"].startswith("ok")
    assert lines["console"].startswith("ok")
    assert lines["email"].startswith("FAIL")
    assert lines["arxiv_feed"].startswith("FAIL")
    assert "hunter2" not in out


def test_doctor_names_what_refuses_what_is_missing_and_who_hears_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("BOT_ADMINS", "slack:T0123ABCD/U0123ABCD")
    monkeypatch.setenv("ARXIV_FEED_URL", str(tmp_path / "{category}.xml"))

    async def trouble() -> None:
        store = Store.open("sqlite:///sudi.db")
        await migrate(store)
        await subscribed(store, address="gone@example.org", channel="email")
        await subscribed(store, "cs.ZZ tide", address="well@example.org", channel="email")
        async with store.write() as tx:
            await tx.subscribers.refuse(1, "550 no such user", MORNING)
            await tx.faults.open("arxiv_feed", "cs.LG", DAY, "HTTP 429", MORNING)
            await tx.unreadable.found({"cs.ZZ tide"})
        await store.close()

    asyncio.run(trouble())
    out, _ = run("doctor", expect=1)
    lines = {line.split()[1]: line for line in out.splitlines()}
    assert lines["admins"].startswith("FAIL")
    assert "slack is not in BOT_CHANNELS" in lines["admins"]
    assert lines["destinations"].endswith("2; paused until somebody types resume there, because they refused: "
                                    "email gone@example.org (550 no such user)")  # fmt: skip
    assert lines["reading"].startswith("FAIL")
    assert "10 June cs.LG could not be read yet (feed: HTTP 429)" in lines["reading"]
    assert lines["query"].startswith("FAIL")
    assert "email well@example.org: ⚠ I can no longer read #1, so it finds nothing: cs.ZZ tide" in lines["query"]


def test_a_page_is_fetched_once_and_a_second_time_brings_nothing_new():
    _, first = run("fetch", "--from", PAGE)
    _, second = run("fetch", "--from", PAGE)
    assert "40 announcements, 40 new" in first
    assert "  10 June all categories 40 of 40\n" in first
    assert "40 announcements, 0 new" in second


def test_fetch_without_readers_says_what_to_do():
    _, err = run("fetch")
    assert "nobody has subscribed yet" in err


def test_a_category_that_there_is_not_is_corrected():
    with pytest.raises(SettingsError, match=r"cs\.LG"):
        run("fetch", "cs.LGG")


def test_subscriptions_move_out_and_in_again(tmp_path, monkeypatch):
    rows = {
        "sudi": 1,
        "destinations": [
            {
                "channel": "email", "address": "mei@example.org", "owner": "mei@example.org", "language": "zh",
                "time": "08:30", "timezone": "Asia/Shanghai", "days": "daily", "notices": "always", "limit": 5,
                "paused": "", "last_number": 4,
                "subscriptions": [
                    {"number": 2, "query": "cs.LG diffusion", "paused": False, "is_unreadable": False},
                    {"number": 3, "query": "黑洞", "paused": True, "is_unreadable": False},
                ],
                "mutes": ["survey"],
            }
        ],
        "people": [
            {
                "identities": ["email:mei@example.org", "slack:T1/U1"],
                "saved": [
                    {"paper": "hep-th/9901001", "at": "2026-06-11T08:00:00Z"},
                    {"paper": "2606.90001", "at": "2026-06-10T08:00:00Z"},
                ],
            }
        ],
        "papers": [
            {
                "id": "2606.90001", "version": 2, "title": "潮汐", "authors": ["温淑仪"], "abstract": "$\\beta$",
                "categories": ["cs.LG"], "comments": "", "doi": "10.1000/182", "journal_ref": "J. Tides",
                "license": "", "is_version_known": True,
            }
        ],
    }  # fmt: skip
    Path("in.json").write_text(json.dumps(rows), "utf-8")
    _, err = run("import", "in.json")
    assert "2 subscriptions added" in err
    assert "links and saved papers of 1 people added" in err
    out, _ = run("export")
    assert json.loads(out) == rows
    _, err = run("import", "in.json")
    assert "0 subscriptions added" in err


def test_a_mailbox_is_imported_as_mails_that_come_in_name_it():
    destinations = [
        {
            "channel": "email",
            "address": "Mei@Example.org",
            "owner": "MEI@example.org",
            "subscriptions": [{"query": "cs.LG"}],
        },
        {"channel": "email", "address": "mei@example.org", "subscriptions": [{"query": "hep-th"}]},
        {"channel": "slack", "address": "T1/C1", "subscriptions": []},
    ]
    Path("in.json").write_text(json.dumps({"sudi": 1, "destinations": destinations}), "utf-8")
    assert "2 subscriptions added" in run("import", "in.json")[1]
    mail, slack = json.loads(run("export")[0])["destinations"]
    assert (mail["address"], mail["owner"], len(mail["subscriptions"])) == (
        "mei@example.org",
        "mei@example.org",
        2,
    )
    assert slack["address"] == "T1/C1"


def test_a_file_with_faults_is_not_imported_by_halves():
    good = {"query": "cs.LG", "paused": False}
    row = {"channel": "email", "address": "a@example.org", "owner": "", "language": "zh", "time": "08:30",
           "timezone": "Asia/Shanghai", "days": "daily", "paused": "", "subscriptions": [good]}  # fmt: skip
    bad = {**row, "timezone": "Mars/Base", "subscriptions": [{"query": "-x", "paused": False}]}
    Path("in.json").write_text(json.dumps({"sudi": 1, "destinations": [row, bad]}), "utf-8")
    with pytest.raises(SettingsError, match=r"destinations 2, timezone: .*Mars/Base"):
        run("import", "in.json")
    assert json.loads(run("export")[0])["destinations"] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[1, 2]", "object"),
        ("not json", "Invalid JSON"),
        ("[" * 100_000, "recursion|Invalid JSON"),
        ('{"sudi": 9, "destinations": []}', "sudi"),
        ('{"sudi": 1, "destinations": [{"channel": "slak", "address": "x"}]}', "no channel 'slak'"),
        ('{"sudi": 1, "destinations": [{"channel": "email", "address": "x", "paused": true}]}', "paused"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(text, what):
    Path("in.json").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=what):
        run("import", "in.json")


def test_an_import_serves_a_paused_destination_again():
    row = {"channel": "email", "address": "a@example.org", "subscriptions": [{"query": "cs.LG"}]}
    Path("in.json").write_text(json.dumps({"sudi": 1, "destinations": [{**row, "paused": "gone"}]}), "utf-8")
    run("import", "in.json")
    assert json.loads(run("export")[0])["destinations"][0]["paused"] == "gone"
    Path("in.json").write_text(json.dumps({"sudi": 1, "destinations": [row]}), "utf-8")
    run("import", "in.json")
    assert json.loads(run("export")[0])["destinations"][0]["paused"] == ""


def test_migrate_says_where_the_database_stands():
    assert f"brought to {head()}" in run("migrate")[1]
    assert f"already at {head()}" in run("migrate")[1]


async def test_a_database_in_use_ends_in_its_own_words_and_a_code_that_says_to_try_again(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    done = subprocess.run(  # noqa: ASYNC221  # nothing else runs in this test
        [sys.executable, "-m", "bot", "migrate"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE
    )
    await store.close()
    assert done.returncode == 75
    assert "in use by another sudi process" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_console_answers_what_is_piped_into_it(tmp_path):
    talk = subprocess.run(
        [sys.executable, "-m", "bot", "console"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE,
        input='subscribe cs.LG "kv cache"\nlist\nsubscrbe x\n',
    )  # fmt: skip
    assert talk.returncode == 0, talk.stderr
    assert '"kv cache"' in talk.stdout
    assert "subscribe" in talk.stdout
    assert "Traceback" not in talk.stderr


def started(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A process that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_run_without_a_channel_and_without_a_terminal_says_what_to_configure(tmp_path):
    done = started(tmp_path, "run", BOT_TIMZONE="Asia/Shanghai")
    assert done.returncode == CONFIGURE
    assert "BOT_CHANNELS: names no channel, and there is no terminal" in done.stderr
    assert "BOT_TIMZONE: there is no such setting; did you mean BOT_TIMEZONE?" in done.stderr


def test_run_with_an_occupied_port_says_to_try_again(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        mails = {"SMTP_URL": tmp_path.as_uri(), "SMTP_FROM": "papers@example.org", "BOT_SOURCES": ","}
        done = started(tmp_path, "run", BOT_CHANNELS="email", BOT_LISTEN=listen, **mails)
        assert done.returncode == TRY_AGAIN
        sentence = done.stderr.splitlines()[-1]
        assert sentence == (
            f"BOT_LISTEN={listen} cannot be used: Address already in use. "
            "Another process may have it: stop that one, or set another address."
        )
        doctor = started(tmp_path, "doctor", BOT_CHANNELS="email", BOT_LISTEN=listen, **mails)
        assert f"FAIL BOT_LISTEN {sentence}" in doctor.stdout
    assert "Traceback" not in done.stderr


def test_sigterm_ends_a_run_in_good_order(tmp_path):
    environment = {**os.environ, "BOT_CHANNELS": "email", "SMTP_URL": (tmp_path / "mails").as_uri()}
    environment["SMTP_FROM"] = "papers@example.org"
    (tmp_path / "mails").mkdir()
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    try:
        line = running.stderr.readline()
        assert "ready: email" in line
        running.send_signal(signal.SIGTERM)
        assert running.wait(GRACE_SECONDS) == 0, "nothing is in flight that it had to wait for"
        assert "Traceback" not in running.stderr.read()
    finally:
        running.kill()
        running.stderr.close()


@contextmanager
def running(folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A bot that sends mails into a folder, ready."""
    (folder / "mails").mkdir()
    environment = {**os.environ, "BOT_CHANNELS": "email", "SMTP_URL": (folder / "mails").as_uri(), **more}
    environment |= {"SMTP_FROM": "papers@example.org", "BOT_SOURCES": ","}
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert bot.stderr is not None
    try:
        assert "ready: email" in bot.stderr.readline()
        yield bot
    finally:
        bot.kill()
        bot.wait()
        bot.stderr.close()


def test_commands_work_beside_a_running_bot(tmp_path, monkeypatch):
    monkeypatch.setenv("BOT_SOURCES", ",")  # nothing is read here
    with running(tmp_path) as bot:
        out, _ = run("subscribe", "email:Ada@example.org", "cs.LG, cs.CL diffusion")
        assert "Subscribed (#1): cs.LG, cs.CL diffusion" in out
        assert "40 announcements, 40 new, 3 matches" in run("fetch", "--from", PAGE)[1]
        assert run("list")[0] == "email:ada@example.org 'cs.LG, cs.CL diffusion'\n"
        assert "3 papers queued" in run("status", "email:ada@example.org")[0]
        assert "1. cs.LG, cs.CL diffusion" in run("list", "email:ada@example.org")[0]
        assert "Unsubscribed from #1" in run("unsubscribe", "email:ada@example.org", "all")[0]
        with pytest.raises(SettingsError, match="No subscriptions here yet"):
            run("list", "email:ada@example.org")
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(GRACE_SECONDS) == 0
        assert bot.stderr is not None
        assert "Traceback" not in bot.stderr.read()


@pytest.mark.parametrize("typed", ["ada@example.org", "pigeon:ada", "email:"])
def test_a_destination_that_is_none_is_explained(typed):
    with pytest.raises(SettingsError, match=r"CHANNEL:ADDRESS.* email"):
        run("subscribe", typed, "cs.LG")


def test_a_bad_query_at_the_shell_is_one_sentence_and_changes_nothing():
    with pytest.raises(SettingsError, match=r"cs\.LG"):
        run("subscribe", "email:ada@example.org", "cs.LGG")
    assert run("list")[0] == ""


def test_an_old_process_beside_a_newer_database_stops_with_one_sentence(tmp_path):
    with running(tmp_path) as bot:
        newer = sqlite3.connect(tmp_path / "sudi.db")
        with newer:
            newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.close()
        assert bot.wait(PATIENCE) == TRY_AGAIN, "with what is installed by then"
        assert bot.stderr is not None
        said = bot.stderr.read().splitlines()
    assert [line for line in said if "install that one" in line] == said[-1:]
    assert "Traceback" not in "".join(said)


def test_the_demo_delivers_once_and_a_second_run_delivers_nothing(tmp_path):
    out, _ = run("demo")
    assert "40" in out
    assert 0 < out.index("→ ann") < out.index("→ 小林"), "each at their own hour, whatever is sent first"
    mails = sorted(Path("demo/mail").glob("*"))
    assert {path.suffix for path in mails} == {".eml", ".html"}
    assert "状态空间" in Path(next(path for path in mails if path.suffix == ".html")).read_text("utf-8")
    again, _ = run("demo")
    assert "nothing was sent twice" in again
    assert sorted(Path("demo/mail").glob("*")) == mails


def test_the_demo_serves_its_reading_room_until_it_is_interrupted(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "bot", "demo", "--serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shown:
        try:
            assert shown.stdout is not None
            assert any(f"http://127.0.0.1:{port}/papers" in line.decode() for line in shown.stdout)
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=5)
            ) as site:
                day, one, style = (
                    site.get(path) for path in (f"/papers/{DAY}", "/paper/2606.90001", "/style.css")
                )
            shown.send_signal(signal.SIGINT)
            _, errors = shown.communicate(timeout=PATIENCE)
        finally:
            shown.kill()
    assert (day.status_code, one.status_code, style.status_code) == (200, 200, 200)
    assert 'id="2606.90001"' in day.text
    assert 'name="citation_title"' in one.text
    assert style.headers["Content-Type"].startswith("text/css")
    assert (shown.returncode, errors) == (0, b"")


def test_a_demo_whose_port_is_taken_says_so():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortError, match="--port"):
        run("demo", "--serve", "--port", str(other.getsockname()[1]))


def test_the_database_of_another_kind_is_refused(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///:memory:")
    with pytest.raises(StoreError, match="forgets"):
        run("migrate")


def test_the_libraries_of_channels_that_are_not_asked_for_stay_out():
    code = "import sys, bot.__main__, bot.app; sys.exit('discord' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_preview_for_discord_is_a_json_array_of_messages(monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "MTIz.no.token")
    out, _ = run("preview", '"black hole"', "--from", PAGE, "--channel", "discord")
    root, cards = json.loads(out)
    assert ", Wed 10 June**: " in root["content"]
    assert "黑洞" in cards["embeds"][0]["description"]
    assert cards["allowed_mentions"] == {"parse": []}


def test_discord_without_a_token_is_told_which_setting_it_needs():
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        run("discord", "invite")


@pytest.mark.parametrize(
    "words", [("doctor",), ("run",), ("migrate",), ("export",), ("import", "x.json"), ("fetch",), ("send",)]
)
def test_a_missing_driver_is_one_sentence_everywhere(words, tmp_path, monkeypatch):
    (tmp_path / "x.json").write_text('{"sudi": 1, "destinations": []}', "utf-8")
    monkeypatch.setenv("DATABASE_URL", "postgres://sudi:secret@localhost/sudi")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        SettingsError, match=r"^DATABASE_URL: the driver of PostgreSQL is missing: pip install [^\n]*$"
    ):
        run(*words)


def test_a_fault_of_the_database_does_not_keep_the_doctor_from_the_rest(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///nowhere/sudi.db")
    monkeypatch.setenv("BOT_SOURCES", "")
    out, _ = run("doctor", expect=1)
    assert "FAIL database   The database cannot be used: DATABASE_URL: there is no folder nowhere" in out
    assert "channels" in out


def test_a_database_that_can_only_be_read_is_one_sentence_everywhere(tmp_path, monkeypatch, capsys):
    run("migrate")
    with (tmp_path / "sudi.db").open("r+b") as file:
        file.seek(18)  # the version by which a program may write it: https://www.sqlite.org/fileformat.html
        file.write(b"\x03")
    monkeypatch.setenv("BOT_SOURCES", "")
    out, _ = run("doctor", expect=1)
    assert "attempt to write a readonly database" in next(one for one in out.splitlines() if "database" in one)
    monkeypatch.setattr(sys, "argv", ["sudi", "subscribe", "slack:T1/C1", "cs.LG"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == TRY_AGAIN
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "attempt to write a readonly database" in said


def test_a_folder_without_room_for_the_lock_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "sudi.db.lock").mkdir()  # as little to be written as on a disk that is read-only
    monkeypatch.setattr(sys, "argv", ["sudi", "migrate"])
    with pytest.raises(SystemExit):
        main()
    assert "sudi.db.lock cannot be written" in capsys.readouterr().err


def test_doctor_names_what_is_misspelt_and_mails_that_nobody_reads_and_leaves_nothing_behind(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("BOT_SOURCES", ",")
    monkeypatch.setenv("BOT_CHANNELS", "Email")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("SMTP_FROM", "papers@example.org")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb")
    Path(".env").write_text("BOT_TIMZONE=Asia/Shanghai\n", "utf-8")
    out, err = run("doctor", expect=1)
    assert "FAIL settings   BOT_TIMZONE: there is no such setting; did you mean BOT_TIMEZONE?" in out
    assert "FAIL settings   SLACK_TOKEN: there is no such setting" in out
    assert "FAIL email      Nobody reads the mails that readers send to unsubscribe" in out
    assert err == "", "the list is not mixed with the log"
    assert [one.name for one in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize("words", [("run",), ("migrate",), ("doctor",)])
def test_no_command_begins_a_database_that_the_host_would_lose(words, monkeypatch, tmp_path):
    monkeypatch.setenv("DYNO", "web.1")
    with pytest.raises(SettingsError, match="loses its files") as caught:
        run(*words)
    assert caught.value.exit_code == CONFIGURE
    assert not (tmp_path / "sudi.db").exists()


@pytest.mark.parametrize("name", sorted(available()))
def test_every_channel_is_rehearsed_without_its_secrets(name):
    out, _ = run("preview", '"black hole"', "--from", PAGE, "--channel", name)
    assert len(out) > 500
