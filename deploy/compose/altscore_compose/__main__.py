"""`python -m altscore_compose files | databases | access` in a container; the other steps on the host."""

import argparse
import os
import sys

from altscore_local.layout import keep_offset, open_layout
from altscore_local.process import StackError
from altscore_local.services import Stores

from altscore_compose.export import export
from altscore_compose.files import keys_library, write_all
from altscore_compose.start import clean, observe, start
from altscore_compose.stores import make_access, make_databases

HOST_FOLDER = "var-compose"


def main() -> int:
    """Runs one step; 0 when it did what it says."""
    parser = argparse.ArgumentParser(prog="altscore_compose", description=__doc__)
    parser.add_argument("step", choices=("files", "databases", "access", "export", "up", "observe", "clean"))
    parser.add_argument("--compose", default="deploy/compose/compose.sh", help="on the host: runs docker compose")
    parser.add_argument("--only", nargs="*", default=[], help="for up: these containers and what they need")
    options = parser.parse_args()
    try:
        if options.step in ("up", "observe", "export", "clean"):
            layout = open_layout(environ={"ALTSCORE_VAR": HOST_FOLDER} | os.environ)
            if options.step == "clean":
                clean(layout, options.compose)
                return 0
            if options.step == "observe":
                observe(layout, options.compose, print)
                return 0
            if options.step == "up":
                print(f"up after {start(options.compose, options.only):.0f} s")
            keep_offset(layout)
            print(f"written: {export(layout, options.compose)}")
            return 0
        layout = open_layout()
        os.environ["ALTSCORE_SOFTHSM_MODULE"] = str(keys_library(layout))
        stores = Stores.of(layout)
        {"files": write_all, "databases": make_databases, "access": make_access}[options.step](stores)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
