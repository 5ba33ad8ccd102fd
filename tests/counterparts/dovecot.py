"""Debian's dovecot with a configuration of its own, on this machine only: IMAP with STARTTLS and TLS.

It serves one Maildir, its own or one of `postfix`, to one user. IDLE can be taken away.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.channels.mailservers import certificate
from tests.counterparts import debian
from tests.counterparts.postfix import OWNER
from tests.counterparts.processes import free_port, running

USER, PASSWORD = "papers@sudi.test", "p@ss/wörd 1"

_PROGRAM = Path("/usr/sbin/dovecot")
_IMAP = Path("/usr/lib/dovecot/imap")

_CONFIGURATION = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = sudi-{port}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = {only_encrypted}
auth_mechanisms = {mechanisms}
first_valid_uid = {owner}
last_valid_uid = {owner}
mail_location = maildir:{maildir}:INDEX=MEMORY
maildir_stat_dirs = no
mailbox_idle_check_interval = 1s
imap_capability = {capability}
passdb {{
{passwords}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


_PASSWORDS = """\
  driver = passwd-file
  args = scheme=PLAIN {folder}/users"""

_TOKENS = """\
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/tokens.conf"""
"""https://doc.dovecot.org/2.3/configuration_manual/authentication/oauth2/"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server."""

    folder: Path
    maildir: Path
    port: int
    tls_port: int
    certificate: Path

    def url(self, *, scheme: str = "imap", password: str = PASSWORD) -> str:
        """What IMAP_URL says."""
        port = self.tls_port if scheme == "imaps" else self.port
        return f"{scheme}://{quote(USER, safe='')}:{quote(password, safe='')}@localhost:{port}"

    def put(self, content: bytes) -> None:
        """Let a mail arrive, as a mail server does: written aside, then moved."""
        name = f"{time.time_ns()}.P{os.getpid()}.sudi"
        (self.maildir / "tmp" / name).write_bytes(content)
        shutil.chown(self.maildir / "tmp" / name, OWNER, OWNER)
        (self.maildir / "tmp" / name).rename(self.maildir / "new" / name)

    def unseen(self) -> int:
        """How many mails nobody has read."""
        old = sum(1 for one in (self.maildir / "cur").iterdir() if "S" not in one.name.partition(":2,")[2])
        return old + sum(1 for _ in (self.maildir / "new").iterdir())

    def greets(self) -> None:
        """Raise OSError as long as nobody is greeted."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as opened:
            if not opened.recv(100).startswith(b"* OK"):
                raise ConnectionError("no greeting")


def missing() -> str | None:
    """Why there is no dovecot to be had, None when there is one."""
    if not (_PROGRAM.is_file() and _IMAP.is_file()):
        return "Debian's package dovecot-imapd is not installed (`make counterparts`, as root)"
    if os.geteuid() != 0:
        return "only root may start dovecot"
    return None if shutil.which("openssl") else "its certificate needs openssl (apt-get install openssl)"


def install() -> str | None:
    """Install it where it is missing; why that did not work."""
    is_there = _PROGRAM.is_file() and _IMAP.is_file()
    if not is_there and (why := debian.install("dovecot-imapd")) is not None:
        return why
    return missing()


@contextmanager
def server(
    maildir: Path | None = None, *, has_idle: bool = True, is_clear: bool = False, introspection: str = ""
) -> Iterator[Dovecot]:
    """A running dovecot for one Maildir; `is_clear` lets people log in without encryption.

    With the URL of an `introspection`, it takes access tokens for which that vouches, and no password.
    """
    with tempfile.TemporaryDirectory(prefix="sudi-dovecot-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # its parts run as users of their own
        made, _ = certificate(folder)
        one = Dovecot(folder, maildir or folder / "mail", free_port(), free_port(), made)
        _configure(one, has_idle=has_idle, is_clear=is_clear, introspection=introspection)
        command = [_PROGRAM, "-F", "-c", folder / "dovecot.conf"]
        with running(command, one.greets, log=folder / "dovecot.log"):
            yield one


def _configure(one: Dovecot, *, has_idle: bool, is_clear: bool, introspection: str) -> None:
    folder = one.folder
    for part in ("new", "cur", "tmp"):
        (one.maildir / part).mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir()
    for path in (one.maildir, *one.maildir.iterdir(), folder / "home"):
        shutil.chown(path, OWNER, OWNER)
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n", "utf-8")
    (folder / "users").chmod(0o644)
    asks = f"introspection_mode = auth\nintrospection_url = {introspection}\nusername_attribute = email\n"
    (folder / "tokens.conf").write_text(asks, "utf-8")
    (folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=one.port,
            tls_port=one.tls_port,
            certificate=one.certificate,
            key=folder / "key.pem",
            owner=OWNER,
            maildir=one.maildir,
            mechanisms="xoauth2" if introspection else "plain login",
            passwords=(_TOKENS if introspection else _PASSWORDS).format(folder=folder),
            only_encrypted="no" if is_clear else "yes",
            capability="" if has_idle else "IMAP4rev1 LITERAL+ AUTH=PLAIN",
        ),
        "utf-8",
    )
