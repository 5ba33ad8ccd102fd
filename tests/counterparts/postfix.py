"""Debian's postfix with a configuration, a queue and mailboxes of its own, on this machine only.

It takes mail for everybody on `mx`, an SMTP port with STARTTLS. Mail for the domains in `mailboxes` ends in
Maildirs; other domains go where `routes` says. What goes wrong has a domain of its own: `refused.test` is
refused at once, mail to `gone.test` is taken and comes back to the sender as a bounce, and `grey.test` is
greylisted: the first attempt for each recipient is refused for now.
"""

from __future__ import annotations

import os
import shutil
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import PATIENCE
from tests.channels.mailservers import certificate
from tests.counterparts import debian
from tests.counterparts.processes import free_port, leashed

OWNER = 65534
"""Who owns the Maildirs: nobody, by Debian's number."""

_PROGRAMS = Path("/usr/lib/postfix/sbin")
_MAIN = Path("/etc/postfix/main.cf")

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.postfix.test
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
smtp_host_lookup = native
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{policy}, permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
recipient_delimiter = +
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{owner}
virtual_gid_maps = static:{owner}
transport_maps = inline:{{ {{ gone.test = error:5.1.1 no such mailbox }} {routes} }}
message_size_limit = 50000000
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 1s
{extra}
"""

_MASTER_CF = """\
127.0.0.1:{port} inet n - n - {processes} smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running server."""

    folder: Path
    port: int
    certificate: Path  # of localhost; its own authority
    greylisted: list[str] = field(default_factory=list)  # recipients that were told to come back

    def maildir(self, address: str) -> Path:
        """Where the mails to an address of `mailboxes` lie."""
        user, _, domain = address.rpartition("@")
        return self.folder / "mail" / domain / (user or "everybody")

    def mails(self, address: str) -> list[bytes]:
        """What has arrived, oldest first."""
        new = self.maildir(address) / "new"
        found = sorted(new.iterdir(), key=lambda one: one.stat().st_mtime_ns) if new.is_dir() else []
        return [one.read_bytes() for one in found]

    def wait(self, address: str, count: int, seconds: float = PATIENCE) -> list[bytes]:
        """The mails of a mailbox, when there are that many."""
        until = time.monotonic() + seconds
        while len(found := self.mails(address)) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(found)} of {count} mails arrived; the log:\n{self.log()[-3000:]}")
            time.sleep(0.05)
        return found

    def queued(self) -> int:
        """How many messages still wait for their way on."""
        folders = (self.folder / "queue" / name for name in ("maildrop", "incoming", "active", "deferred"))
        return sum(1 for folder in folders for one in folder.rglob("*") if one.is_file())

    def log(self) -> str:
        """What the server has said."""
        return (self.folder / "mail.log").read_text("utf-8", "replace")


def missing() -> str | None:
    """Why there is no postfix to be had, None when there is one."""
    if not (_PROGRAMS / "master").is_file():
        return "Debian's package postfix is not installed (`make counterparts`, as root)"
    if os.geteuid() != 0:
        return "only root may start postfix"
    return None if shutil.which("openssl") else "its certificate needs openssl (apt-get install openssl)"


def install() -> str | None:
    """Install it where it is missing; why that did not work."""
    if not (_PROGRAMS / "master").is_file() and (why := debian.install("postfix")) is not None:
        return why
    if os.geteuid() == 0 and not _MAIN.exists():
        _MAIN.touch()  # without it postfix ends and says nothing, whatever its `-c` names
    return missing()


@contextmanager
def server(
    mailboxes: Sequence[str], routes: Mapping[str, str] | None = None, *, processes: int = 100, extra: str = ""
) -> Iterator[Postfix]:
    """A running postfix; `@reader.test` in `mailboxes` takes all users of that domain into one Maildir."""
    with tempfile.TemporaryDirectory(prefix="sudi-postfix-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # its parts run as users of their own
        with _greylist() as (policy, greylisted):
            made, _ = certificate(folder)
            running = Postfix(folder, free_port(), made, greylisted)
            _configure(running, mailboxes, routes or {}, policy, processes, extra)
            command = ["/usr/sbin/postfix", "-c", str(folder)]
            done = subprocess.run([*command, "start"], check=False, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"postfix did not start: {done.stderr.strip()}")
            master = int((folder / "queue" / "pid" / "master.pid").read_text())
            try:
                with leashed(master):
                    yield running
            finally:
                _until_gone(master)


def _configure(
    running: Postfix, mailboxes: Sequence[str], routes: Mapping[str, str], policy: int, processes: int, extra: str
) -> None:
    folder = running.folder
    for part in ("queue", "data", "mail"):
        (folder / part).mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", OWNER, OWNER)
    domains = {address.rpartition("@")[2] for address in mailboxes} | {"grey.test"}
    places = {address: f"{running.maildir(address).relative_to(folder / 'mail')}/" for address in mailboxes}
    places |= {"@grey.test": "grey.test/everybody/"}
    (folder / "main.cf").write_text(
        _MAIN_CF.format(
            folder=folder,
            policy=policy,
            domains=" ".join(sorted(domains)),
            mailboxes=" ".join(f"{{ {address} = {place} }}" for address, place in places.items()),
            routes=" ".join(f"{{ {domain} = {way} }}" for domain, way in routes.items()),
            owner=OWNER,
            extra=extra,
        )
    )
    (folder / "master.cf").write_text(_MASTER_CF.format(port=running.port, processes=processes))


def _until_gone(master: int) -> None:
    """Wait for the end of the master process; its children follow it."""
    until = time.monotonic() + PATIENCE
    while Path(f"/proc/{master}").exists() and time.monotonic() < until:
        time.sleep(0.05)


@contextmanager
def _greylist() -> Iterator[tuple[int, list[str]]]:
    """A policy service (postfix's SMTPD_POLICY_README) that knows refused.test and grey.test."""
    met: list[str] = []

    def decide(recipient: str) -> str:
        if recipient.endswith("@refused.test"):
            return "550 5.1.1 there is no such mailbox"
        if not recipient.endswith("@grey.test") or recipient in met:
            return "DUNNO"
        met.append(recipient)
        return "DEFER 4.7.1 Greylisted, please come back"

    class Policy(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked: dict[str, str] = {}
            for line in self.rfile:
                name, _, value = line.decode("utf-8", "replace").strip().partition("=")
                if name:
                    asked[name] = value
                    continue
                self.wfile.write(f"action={decide(asked.get('recipient', ''))}\n\n".encode())
                asked = {}

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Policy) as policy:
        thread = threading.Thread(target=policy.serve_forever, daemon=True)
        thread.start()
        yield policy.server_address[1], met
        policy.shutdown()
        thread.join()
