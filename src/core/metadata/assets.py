"""The style and the script that every page carries, and the policy that lets nothing else run.

They lie in files of their own, and stand in the page itself: one request shows it all.
"""

import base64
import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent
_SCRIPTS = ("fields", "programs", "answer", "main")
"""Those of the form, each of which uses what those before it have declared."""


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _hash_of(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


PAGE = _read("page.html")
"""What all pages have in common, with places such as `{{title}}`."""
STYLE = _read("page.css") + _read("tryit/form.css")
SCRIPT = "\n".join(_read(f"tryit/{name}.js") for name in _SCRIPTS)

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash_of(SCRIPT)}",
            f"style-src {_hash_of(STYLE)}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What a page is sent with: it runs nothing but its own script, and talks to this API alone."""
