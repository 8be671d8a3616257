"""The page about uploads signs as the service verifies, and names every field of the format."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from altscore_ingestion.batches.payload import parse_uuid
from altscore_ingestion.uploads.schemas import FormatBody

from ..connector import Connector

PAGE = (Path(__file__).parents[4] / "docs/distributors/uploads.md").read_text(encoding="utf-8")


def test_the_commands_of_the_page_make_the_signature_that_is_verified(tmp_path: Path) -> None:
    block = re.search(r"```bash\n(.*?)```", PAGE, re.S)
    assert block is not None
    script, sends, _ = block[1].partition("curl ")
    assert sends, "the page sends what it signed"
    text = b"Invoice No,Invoice Date,Party,Amount\nS/1,05-07-2025,Om Traders,1.00\n"
    (tmp_path / "invoices_complete_2025-07.csv").write_bytes(text)
    connector = Connector("dist_a", None, signing_secret="0123456789abcdef" * 4)
    shown = subprocess.run(
        ["bash", "-euc", script + '\necho "$path $id t=$seconds,v2=$v2"'],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "SECRET": connector.signing_secret},
        capture_output=True,
        check=True,
        text=True,
    )
    path, upload_id, signature = shown.stdout.split()
    assert parse_uuid(upload_id) is not None
    seconds = int(signature.partition(",")[0].removeprefix("t="))
    at = datetime.fromtimestamp(seconds, UTC)
    assert signature == connector.sign_v2(text, at=at, path=path, batch_id=upload_id, erp_type="csv")


def test_the_page_names_every_field_of_the_format() -> None:
    section = PAGE.partition("## Say how your files are written")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == set(FormatBody.model_fields)
