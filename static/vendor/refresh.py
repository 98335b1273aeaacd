"""Fetches plotly.js' finance bundle from npm: with its licence, its style rules as a
stylesheet (our content security policy allows no inline ones), and the hashes.

    python static/vendor/refresh.py [version]
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = "plotly.js-finance-dist-min"
BUNDLE, LICENCE, STYLES = "plotly-finance.min.js", "plotly-LICENSE.txt", "plotly.css"
# An entry of the bundle's table of rules: "X .modebar":"left:0;" or Y:'top:50px;'
RULE = re.compile(r"""(?:"([^"]+)"|([XY])):(?:"([^"]*)"|'([^']*)')""")


def fetch(version: str) -> None:
    with tempfile.TemporaryDirectory() as work:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{version}"],
            cwd=work,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(work) / packed.stdout.split()[-1]) as archive:
            for name, kept in ((BUNDLE, BUNDLE), ("LICENSE", LICENCE)):
                member = archive.extractfile(f"package/{name}")
                assert member is not None
                (HERE / kept).write_bytes(member.read())


def style_rules(code: str) -> str:
    """The rules plotly would insert into the page, as a stylesheet."""
    start = code.index('"X,X div"')
    table = code[start : code.index("};for(", start)]
    lines = ["/* plotly.js' own style rules, made by refresh.py. */"]
    for quoted, bare, double, single in RULE.findall(table):
        selector = (quoted or bare).replace("X", ".js-plotly-plot .plotly")
        selector = selector.replace("Y", ".plotly-notifier")
        lines.append(f"{selector} {{ {double or single} }}")
    return "\n".join(lines) + "\n"


def main() -> None:
    fetch(sys.argv[1] if len(sys.argv) > 1 else "latest")
    (HERE / STYLES).write_text(style_rules((HERE / BUNDLE).read_text()))
    sums = [
        f"{hashlib.sha256((HERE / name).read_bytes()).hexdigest()}  {name}\n"
        for name in (BUNDLE, LICENCE, STYLES)
    ]
    (HERE / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
