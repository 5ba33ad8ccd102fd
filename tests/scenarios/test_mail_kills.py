"""Mail through a real postfix from a process that is killed: nothing is lost, little is repeated."""

from pathlib import Path

from bot.channels import Channel
from tests.counterparts import postfix
from tests.counterparts.needed import need
from tests.scenarios import mail_kills


async def test_wherever_it_is_killed_every_reader_has_the_digest_and_only_what_was_in_flight_comes_twice(
    tmp_path: Path,
):
    need("postfix", postfix.missing())
    await mail_kills.outbox(f"sqlite:///{tmp_path / 'sudi.db'}", 60, papers=2)
    done = mail_kills.delivered(tmp_path, 60, kill_at=(10, 30))
    assert done.kills == 2
    assert done.lost == 0
    assert len({identifier for _, identifier in done.arrived}) == 60, "one Message-ID for each delivery"
    assert done.repeated <= done.kills * Channel.at_once
    assert done.connections <= 3 * (Channel.at_once + 2)
