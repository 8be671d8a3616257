"""The pages of the admin service: packages cached by their lock, a build skipped while its sources are the same."""

import shutil
import subprocess
from pathlib import Path

from altscore_local.files import Stamp, digest_of
from altscore_local.layout import Layout, cache_dir
from altscore_local.npm_packages import PACKAGE_FILES, install

BROWSER = Path("/usr/bin/chromium")
_CONFIGURATION = ("vite.config.ts", "tsconfig.json", "scripts/build.mjs")


def web_folder(layout: Layout) -> Path:
    """Where the pages' project lies."""
    return layout.root / "services" / "admin" / "web"


def absent_for_browser_tests(web: Path) -> list[str]:
    """What a machine lacks in order to try the pages in a real browser; `make setup` brings it."""
    needed = {
        "npx": shutil.which("npx"),
        "chromium": BROWSER.exists(),
        "pages": (web / "dist/admin/index.html").exists(),
    }
    return [name for name, is_there in needed.items() if not is_there]


def packages_folder(web: Path) -> Path:
    """Folder of the installed packages: its name carries the digest of the lock, so clones share and never mix."""
    return cache_dir() / f"pages-{digest_of([web / name for name in PACKAGE_FILES])[:16]}"


def ensure_pages(layout: Layout) -> None:
    """Installs the packages once for each lock, and builds the pages when a source has changed.

    Without npm nothing is built: the pages answer 503 and the API works.
    """
    if shutil.which("npm") is None:
        print("  the pages are not built: `npm` (Node 20 or newer) is not installed", flush=True)
        return
    web = web_folder(layout)
    stamp = Stamp(web / "dist" / ".stamp", [web / "src", *(web / name for name in (*PACKAGE_FILES, *_CONFIGURATION))])
    _link_packages(web)
    if stamp.is_current():
        return
    subprocess.run(["npm", "run", "--silent", "build"], cwd=web, check=True)
    stamp.set()
    print(f"  built the pages into {web / 'dist'}", flush=True)


def _link_packages(web: Path) -> None:
    """Puts the cached packages where Node looks for them; a folder that somebody installed by hand stays."""
    link = web / "node_modules"
    if link.is_dir() and not link.is_symlink():
        return
    install(packages_folder(web), web)
    packages = packages_folder(web) / "node_modules"
    if link.is_symlink() and link.readlink() == packages:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(packages)
