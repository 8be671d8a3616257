"""`python -m docs.architecture.render MERMAID_JS`: draws the pictures of docs/architecture.md by headless Chromium."""

import argparse
import hashlib
import html
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.with_suffix(".md")
SOURCE = re.compile(r"<summary>(\w+)</summary>\n\n```mermaid\n(.*?)```", re.DOTALL)
SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)
CHROMIUM = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=15000"),
)
DOCUMENT = """<!doctype html><meta charset="utf-8"><pre class="mermaid">{source}</pre><script src="mermaid.js"></script>
<script>const font = "Arial, Liberation Sans, sans-serif";
mermaid.initialize({{startOnLoad: true, htmlLabels: false, deterministicIds: true, theme: "neutral", fontFamily: font,
themeVariables: {{fontFamily: font, noteBkgColor: "#fff4d6", noteTextColor: "#222", noteBorderColor: "#b7791f"}},
sequence: {{noteFontFamily: font, messageFontFamily: font, actorFontFamily: font, noteFontSize: 14, wrapPadding: 16}},
flowchart: {{htmlLabels: false, nodeSpacing: 60, rankSpacing: 55}}}});</script>"""


def sources() -> dict[str, str]:
    """Mermaid sources of the page, by the name of their picture."""
    return dict(SOURCE.findall(PAGE.read_text(encoding="utf-8")))


def digest_line(source: str) -> str:
    """The comment that says from which source a picture was drawn."""
    return f"<!-- source sha256 {hashlib.sha256(source.encode()).hexdigest()} -->"


def draw(source: str, mermaid_js: Path, browser: str) -> str:
    """The SVG of a source.

    Raises:
        ValueError: the browser drew nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(mermaid_js, folder / "mermaid.js")
        (folder / "page.html").write_text(DOCUMENT.format(source=html.escape(source)), encoding="utf-8")
        command = [browser, *CHROMIUM, f"--user-data-dir={folder / 'profile'}", "--dump-dom", f"{folder / 'page.html'}"]
        dom = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    match = SVG.search(dom)
    if match is None or "Syntax error" in match.group(0):
        raise ValueError("nothing was drawn")
    return match.group(0).replace("<br>", "<br/>").replace("&nbsp;", " ")


def main() -> None:
    """Draws all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mermaid_js", type=Path)
    parser.add_argument("--browser", default="chromium")
    options = parser.parse_args()
    for name, source in sources().items():
        svg = draw(source, options.mermaid_js, options.browser)
        (FOLDER / f"{name}.svg").write_text(f"{digest_line(source)}\n{svg}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
