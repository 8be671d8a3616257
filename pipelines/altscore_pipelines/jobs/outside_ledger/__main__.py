"""`python -m altscore_pipelines.jobs.outside_ledger`."""

import sys

from altscore_pipelines.jobs.outside_ledger.cli import main

sys.exit(main())
