"""`python -m altscore_scoring <command>`."""

import sys

from altscore_scoring.main import main

sys.exit(main())
