"""`python -m altscore_consent_verifier`."""

from altscore_consent_verifier.main import main

main()
