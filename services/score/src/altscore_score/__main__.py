"""`python -m altscore_score <command>`."""

from altscore_score.main import main

main()
