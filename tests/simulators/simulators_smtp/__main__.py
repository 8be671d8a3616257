"""`python -m simulators_smtp`."""

from simulators_smtp.main import main

main()
