"""`python -m altscore_notification <command>`."""

from altscore_notification.main import main

main()
