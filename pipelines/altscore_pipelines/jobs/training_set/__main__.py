"""`python -m altscore_pipelines.jobs.training_set`."""

import sys

from altscore_pipelines.jobs.training_set.cli import main

sys.exit(main())
