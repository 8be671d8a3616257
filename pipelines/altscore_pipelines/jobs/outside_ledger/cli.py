"""Command line of an outside ledger.

`python -m altscore_pipelines.jobs.outside_ledger --invoices I.csv --payments P.csv --mapping M.yml --out DIR`
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from altscore_pipelines.errors import PipelineError
from altscore_pipelines.jobs.outside_ledger import write_bronze
from altscore_pipelines.jobs.outside_ledger.reading import load_mapping, read_ledger


def main(argv: Sequence[str] | None = None) -> int:
    """Writes Bronze and the identity map, and prints one JSON line."""
    parser = argparse.ArgumentParser(prog="outside_ledger", description=__doc__)
    parser.add_argument("--invoices", type=Path, required=True)
    parser.add_argument("--payments", type=Path, required=True, help="may be the file of invoices, if it holds them")
    parser.add_argument("--mapping", type=Path, required=True, help="YAML: what the columns mean")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        ledger = read_ledger(options.invoices, options.payments, load_mapping(options.mapping))
        result = write_bronze(ledger, options.out)
    except PipelineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{options.out} cannot be written: {error.strerror}\n")
        return 1
    sys.stdout.write(json.dumps(result) + "\n")
    return 0
