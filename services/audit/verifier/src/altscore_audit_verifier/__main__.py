"""`python -m altscore_audit_verifier`."""

from altscore_audit_verifier.main import main

main()
