"""Makes the picture of the lead page in the docs, from a demo: `make picture`.

python -m benchmarks.picture var docs/lead.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.app import Served
from data.store import open_store
from data.workspace import Workspace

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1100, "height": 760}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("workspace", type=Path, help="Workspace of the demo.")
    parser.add_argument("out", type=Path, help="PNG to write.")
    args = parser.parse_args()
    workspace = Workspace.at(args.workspace)
    with Served(workspace) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")  # pyright: ignore[reportArgumentType]
        page.goto(f"http://127.0.0.1:{port}/leads/{shown(workspace)}")
        page.screenshot(path=args.out)
        browser.close()


def shown(workspace: Workspace) -> str:
    """Return the hottest lead that has a company, and a history, if there is one."""
    with open_store(workspace.store) as store:
        named = [lead["lead_id"] for lead in store.hottest(50) if lead["company"]]
        return next((lead for lead in named if len(store.scores_of(lead)) > 1), named[0])


if __name__ == "__main__":
    main()
