"""`python -m simulators_siem`."""

from simulators_siem.main import main

main()
