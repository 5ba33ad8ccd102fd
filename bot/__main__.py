"""`python -m bot` is `sudi`."""

from __future__ import annotations

import sys
from typing import NoReturn

from sqlalchemy.exc import OperationalError

from bot import arenas
from bot.cli import sudi
from bot.errors import SudiError
from bot.store.insist import unusable


def main() -> None:
    """Run the command line; what a person can mend ends in its own words, and a code that says how."""
    arenas.share()
    try:
        sudi(prog_name="sudi")
    except SudiError as error:
        _end(error)
    except OperationalError as error:  # the disk is full or read-only, or the server has gone
        _end(unusable(error))


def _end(error: SudiError) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
