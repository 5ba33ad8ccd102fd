"""The announcement mail of arXiv, `cs daily Subj-class mailing`, as its subscribers get it.

Its rules and rows are those that arXiv's own site reads from the same files:
https://github.com/arXiv/arxiv-browse, `services/listing/parse_new_listing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from email.message import EmailMessage

from bot.model import AnnounceType, Paper
from tests.counterparts.arxiv_pages import Entry

SERVER = "mx.sudi.test"
"""The name of our mail server."""

VOUCHED = f"{SERVER}; dkim=pass (2048-bit key) header.d=arxiv.org header.s=mail; spf=pass smtp.mailfrom=arxiv.org"

_RULE = "-" * 78
_SECTIONS = (
    ((AnnounceType.NEW,), "%-" * 38 + "%-%"),
    ((AnnounceType.CROSS,), "%%--" * 19 + "%%"),
    ((AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS), "%%%---" * 13),
)
_HEAD = f"""{_RULE}
{_RULE}
Send any comments regarding submissions directly to submitter.
{_RULE}
Archives at http://arxiv.org/
To unsubscribe, e-mail To: cs@arXiv.org, Subject: cancel
{_RULE}
 Submissions to:
{{names}}
 received from  {{start:%a %d %b %y}} 18:00:00 GMT  to  {{end:%a %d %b %y}} 18:00:00 GMT
{_RULE}
{_RULE}
"""


def text_of_mail(names: Sequence[str], day: date, entries: Sequence[Entry]) -> str:
    """What the mail of a date says, for who has asked for the subject classes of cs with these names."""
    end = day - timedelta(days=3 if day.isoweekday() == 1 else 1)
    lines = [_HEAD.format(names="\n".join(names), start=end - timedelta(days=1), end=end)]
    for kinds, mark in _SECTIONS:
        rows = ["".join(_row(paper, kind)) for paper, kind in entries if kind in kinds]
        lines += [f"{_RULE}\n".join(rows), f"{mark}\n"]
    return "".join([*lines, "For subscribe options, see https://info.arxiv.org/help/subscribe.html\n"])


def mail(text: str, sender: str = "no-reply@arxiv.org", vouched: str = VOUCHED) -> bytes:
    """A mail as it lies in the mailbox."""
    made = EmailMessage()
    made["From"], made["To"] = f"arXiv <{sender}>", "papers@sudi.test"
    made["Subject"] = "cs daily Subj-class mailing 2001b3 1"
    made["Message-ID"] = "<202606100029.2a8@lists.arxiv.org>"
    made.set_content(text)
    return (f"Authentication-Results: {vouched}\n" * bool(vouched)).encode() + made.as_bytes()


def _row(paper: Paper, kind: AnnounceType) -> Iterator[str]:
    mark = " (*cross-listing*)" if kind is AnnounceType.CROSS else ""
    said = "replaced with revised version" if kind.is_revision else "Date:"
    yield f"\\\\\narXiv:{paper.id}{mark}\n{said} Tue, 9 Jun 2026 17:11:20 GMT   (56kb)\n\n"
    yield f"Title: {paper.title}\nAuthors: {', '.join(paper.authors)}\n"
    yield f"Categories: {' '.join(paper.categories)}\nComments: {paper.comments}\n"
    if not kind.is_revision:
        yield f"\\\\\n  {paper.abstract}\n"
    yield f"\\\\ ( https://arxiv.org/abs/{paper.id} ,  56kb)\n"
