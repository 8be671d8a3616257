"""`python -m altscore_admin <command>`."""

from altscore_admin.main import main

main()
