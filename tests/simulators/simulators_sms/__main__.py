"""`python -m simulators_sms`."""

from simulators_sms.main import main

main()
