"""`python -m simulators_whatsapp`."""

from simulators_whatsapp.main import main

main()
