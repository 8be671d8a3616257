"""The lenders' sandbox: test credentials are served from personas, and touch no live data."""

from altscore_score.sandbox.personas import TEST_PREFIX, Persona, is_test, load_personas, test_id_of
from altscore_score.sandbox.service import Sandbox

__all__ = ["TEST_PREFIX", "Persona", "Sandbox", "is_test", "load_personas", "test_id_of"]
