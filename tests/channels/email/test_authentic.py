"""Only a mail for which our own mail server vouches is arXiv's; what others write into headers proves nothing."""

from __future__ import annotations

import email

import pytest

from bot.channels.email.authentic import is_from
from bot.channels.email.receiver import Receiver
from tests.counterparts.arxiv_mail import SERVER, VOUCHED, mail

PASSED = "dkim=pass header.d=arxiv.org"


def vouched(said: str, sender: str = "no-reply@arxiv.org") -> bool:
    return is_from(email.message_from_bytes(mail("", sender, said)), "arxiv.org", SERVER)


@pytest.mark.parametrize(
    "said",
    [
        VOUCHED,
        f"{SERVER} 1; {PASSED}",
        f"{SERVER.upper()}; spf=fail smtp.mailfrom=x.test; {PASSED}",
        f"{SERVER};\n dkim=pass (good (really))\n header.i=@arxiv.org header.b=abc",
        f"{SERVER}; dmarc=pass (p=NONE) header.from=arxiv.org",
    ],
)
def test_these_are_vouched_for(said: str):
    assert vouched(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        SERVER,
        f"{SERVER}; dkim=none",
        f"{SERVER}; dkim=fail header.d=arxiv.org",
        f"{SERVER}; dkim=pass header.d=arxiv.org.evil.test",
        f"{SERVER}; dkim=pass header.d=evilarxiv.org",
        f"{SERVER}; dkim=pass header.d=evil.test (header.d=arxiv.org)",
        f'{SERVER}; spf=pass smtp.mailfrom="; dkim=pass header.d=arxiv.org; "@evil.test',
        f"{SERVER}; spf=pass (; dkim=pass header.d=arxiv.org ;) smtp.mailfrom=evil.test",
        f"{SERVER}; spf=pass ) ; dkim=pass header.d=arxiv.org ( smtp.mailfrom=evil.test",
        f"{SERVER}; spf=pass smtp.mailfrom=arxiv.org",
        f"evil.test; {PASSED}",
        f"evil.{SERVER}; {PASSED}",
        f"{SERVER}.evil.test; {PASSED}",
    ],
)
def test_these_are_not(said: str):
    assert not vouched(said)


@pytest.mark.parametrize("sender", ["no-reply@evil.test", "arxiv.org@evil.test", "a@sub.arxiv.org"])
def test_the_sender_must_be_of_that_domain_itself(sender: str):
    assert not vouched(VOUCHED, sender)


def test_only_the_topmost_header_counts():
    forged = mail("", vouched=VOUCHED)
    assert not is_from(
        email.message_from_bytes(f"Authentication-Results: {SERVER}; dkim=none\n".encode() + forged),
        "arxiv.org",
        SERVER,
    )


class Office:
    """Writes down what is handed on."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def announced(self, text: str) -> bool:
        self.heard.append(text)
        return True


@pytest.mark.parametrize(("server", "said", "heard"), [(SERVER, VOUCHED, 1), ("", VOUCHED, 0), (SERVER, "", 0)])
async def test_a_mail_of_arxivs_is_handed_on_where_that_is_set_up_and_answered_nowhere(server, said, heard):
    email_workflow = Office()

    async def send(_address, _letter):
        raise AssertionError("nobody writes to robots")

    reader = Receiver("papers@sudi.test", None, email_workflow, send, server=server)  # type: ignore[arg-type]
    assert await reader.dealt_with(mail("Submissions to:\n", vouched=said))
    assert len(email_workflow.heard) == heard
