"""`python -m altscore_consent <command>`."""

from altscore_consent.main import main

main()
