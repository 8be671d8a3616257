"""`python -m altscore_pipelines`."""

import sys

from altscore_pipelines.main import main

if __name__ == "__main__":
    sys.exit(main())
