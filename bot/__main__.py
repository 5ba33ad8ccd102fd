"""`python -m bot` is `sudi`."""

from __future__ import annotations

import sys

from bot.cli import sudi
from bot.errors import SudiError


def main() -> None:
    """Run the command line; what a person can mend ends in its own words, and a code that says how."""
    try:
        sudi(prog_name="sudi")
    except SudiError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
