"""`python -m altscore_connector` is the console command `altscore-connector`."""

import sys

from altscore_connector.cli import main

sys.exit(main())
