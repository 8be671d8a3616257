"""`python -m altscore_audit <command>`."""

from altscore_audit.main import main

main()
