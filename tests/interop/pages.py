# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Pages with viewers in them, on a web server of the test.

Browsers do cryptography for pages from 127.0.0.1, as they do for those by https, and
not for pages that come by http from elsewhere.
"""

from __future__ import annotations

import json
import re
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

ELSEWHERE = "elsewhere.example"
"""
A name that the browser takes for 127.0.0.1, and for another machine than its own.
"""

_SCRIPT = "text/javascript"
_HERE = Path(__file__).parent

MODULES = _HERE / "node_modules"
"""
What npm has installed.
"""

_REQUIRED = re.compile(r"""\brequire\((["'`])([^"'`]+)\1\)""")

# What noVNC 1.6 has outside of functions, where CommonJS has no "await".
_AWAITED = re.compile(r"^(exports\.\w+ = \w+) = await (.*);$", re.MULTILINE)


def resolved(name: str, folder: Path) -> Path:
    """
    The file of a CommonJS module.

    @param name: what is required.
    @param folder: where the file is that requires it.
    """
    path = (folder / name).resolve()
    if not name.startswith("."):
        path = MODULES / name
        package = path / "package.json"
        if package.exists():
            path = path / json.loads(package.read_text("utf-8")).get("main", "index.js")
    return path if path.is_file() else path.with_name(f"{path.name}.js")


def bundled(*entries: str) -> str:
    """
    A module for browsers, made of CommonJS modules and all that they require.

    @param entries: what to require; a list of what they export is the default export.
    """
    sources: dict[Path, str] = {}

    def take(path: Path) -> Path:
        if path not in sources:
            sources[path] = ""

            def found(match: re.Match[str]) -> str:
                inner = take(resolved(match[2], path.parent))
                return f"require({json.dumps(str(inner))})"

            source = _REQUIRED.sub(found, path.read_text("utf-8"))
            sources[path] = _AWAITED.sub(r"\2.then((v) => { \1 = v; });", source)
        return path

    first = [str(take(resolved(entry, MODULES))) for entry in entries]
    made = "".join(
        f"{json.dumps(str(path))}(module, exports) {{\n{source}\n}},\n"
        for path, source in sources.items()
    )
    return (
        "const process = { env: { NODE_ENV: 'production' } };\n"
        f"const made = {{\n{made}}};\n"
        "const modules = {};\n"
        "function require(name) {\n"
        "  if (!(name in modules)) {\n"
        "    modules[name] = { exports: {} };\n"
        "    made[name](modules[name], modules[name].exports);\n"
        "  }\n"
        "  return modules[name].exports;\n"
        "}\n"
        f"export default {json.dumps(first)}.map(require);\n"
    )


class Pages:
    """
    A web server on 127.0.0.1 with the pages of this folder, and in C{/bundle/} the
    modules that L{bundled} makes.  It has threads of its own: browsers keep connections
    for longer than a test lasts.

    @ivar port: the port that it got.
    """

    _shared: Pages | None = None

    @classmethod
    def shared(cls) -> Pages:
        """
        The one of this process, started when first asked for.
        """
        if cls._shared is None:
            cls._shared = cls()
        return cls._shared

    def __init__(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.port = int(server.server_address[1])
        Thread(target=server.serve_forever, daemon=True).start()

    def origin(self, host: str = "127.0.0.1") -> str:
        """
        The origin of all pages.
        """
        return f"http://{host}:{self.port}"

    def url(self, page: str, host: str = "127.0.0.1") -> str:
        """
        Where a page is.
        """
        return f"{self.origin(host)}/{page}"


class _Handler(SimpleHTTPRequestHandler):
    """
    Files, and bundles by what is to be required, with commas between.
    """

    # What the machine says of types depends on what is installed.
    extensions_map = {  # noqa: RUF012
        ".js": _SCRIPT,
        ".html": "text/html",
        "": "text/plain",
    }

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(_HERE))

    def do_GET(self) -> None:
        """
        Make a bundle, or send a file.
        """
        folder, _, entries = self.path.removeprefix("/").partition("/")
        if folder != "bundle":
            super().do_GET()
            return
        made = bundled(*entries.split(",")).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", _SCRIPT)
        self.send_header("Content-Length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)

    def log_message(self, format: str, *arguments: object) -> None:
        """
        Requests are many, and nothing is to be seen in them.
        """
