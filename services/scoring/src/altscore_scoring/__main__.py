"""`python -m altscore_scoring <command>`."""

from altscore_scoring.main import main

main()
