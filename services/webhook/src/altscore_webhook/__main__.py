"""`python -m altscore_webhook <command>`."""

from altscore_webhook.main import main

main()
