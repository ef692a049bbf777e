# -*- test-case-name: tests.test_architecture -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The rules of the house: which module may know which, and what none may do.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "txrfb"

# The floors, from the foundation up: a module may import from its own room and from
# the floors below it.  Of rooms on one floor, neither knows the other.
FLOORS = [
    ["_version", "error"],
    ["txrfb"],
    [
        *("_anywhere", "_callbacks", "geometry", "_keysymtable", "monotonic"),
        *("_lastones", "_signals", "_starting", "_unixpath", "_unixport"),
    ],
    ["_systemd", "pixels", "keysyms"],
    ["interfaces"],
    ["kernels"],
    ["x11"],
    ["encodings", "framebuffers", "security"],
    ["_wire"],
    ["_screen"],
    ["log"],
    ["_session"],
    ["_arguments", "_endpoints", "_serving"],
    ["protocol", "client"],
    ["feeds"],
    ["service", "passwd", "diagnostics", "transcript", "record", "broadcast"],
    ["_daemon", "_draining", "limits", "reverse"],
    ["ports"],
    ["web"],
    ["check", "control"],
    ["tap", "desktop"],
    ["__main__", "testing"],
]

# What these import for annotations alone does not count: a contract says of what it
# speaks, whoever makes that, and the package offers what is loaded later.
CONTRACTS = ["txrfb", "interfaces"]

# These are pure: they know neither transports nor reactors; of Twisted at most the
# interfaces of credentials, and the logger.
PURE = [
    "_keysymtable",
    "_version",
    "_wire",
    "encodings",
    "error",
    "geometry",
    "interfaces",
    "kernels",
    "keysyms",
    "pixels",
]

# Rooms whose modules say by C{__all__} what other rooms may use of them.
FACES = ["encodings", "geometry", "interfaces", "kernels", "keysyms", "pixels"]

MAX_LINES = 500

MAX_C_LINES = 400


def sources(*directories: Path) -> list[Path]:
    """
    @return: All Python modules in the directories.
    """
    return sorted(path for directory in directories for path in directory.rglob("*.py"))


def roomOf(module: str) -> str:
    """
    @return: The room of C{txrfb.something.else}.
    """
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else module


def moduleOf(path: Path) -> str:
    """
    @return: The name of the module in a file.
    """
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def isForTypes(node: ast.AST) -> bool:
    """
    @return: Whether C{node} is an C{if TYPE_CHECKING}.
    """
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def importsIn(
    body: list[ast.stmt], deep: bool = True, types: bool = False
) -> Iterator[str]:
    """
    @param body: Statements.

    @param deep: Whether what functions import when they are called counts.

    @param types: Whether what is imported for annotations alone counts.

    @return: The names of all modules and of the names in them that are imported.
    """
    for node in body:
        if isForTypes(node) and not types:
            assert isinstance(node, ast.If)
            yield from importsIn(node.orelse, deep, types)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif deep or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                yield from importsIn(getattr(node, field, []), deep, types)


def importedBy(path: Path, deep: bool = True, types: bool = False) -> set[str]:
    """
    @return: What L{importsIn} finds in a file.
    """
    return set(importsIn(ast.parse(path.read_text("utf-8")).body, deep, types))


def isTrivial(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    """
    @return: Whether C{node} only says what there must be, C{...}, or sets a
        property whose getter says what it is.
    """
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Attribute) and decorator.attr == "setter":
                return True
    [first, *rest] = node.body or [ast.Pass()]
    return (
        not rest
        and isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and first.value.value is ...
    )


class RoomTests(SynchronousTestCase):
    """
    Who knows whom.
    """

    def test_everyModuleHasARoom(self) -> None:
        """
        Each module has its place on a floor.
        """
        known = {name for floor in FLOORS for name in floor}
        found = {roomOf(moduleOf(path)) for path in sources(PACKAGE)}
        self.assertEqual(found, known)

    def test_importsFromBelow(self) -> None:
        """
        A module imports only from its own room and from the floors below it, also
        what it imports for annotations alone.
        """
        number = {name: n for n, floor in enumerate(FLOORS) for name in floor}
        wrong = []
        for path in sources(PACKAGE):
            own = roomOf(moduleOf(path))
            for name in importedBy(path, types=own not in CONTRACTS):
                room = roomOf(name)
                # A name of the package itself, such as the version, has no room.
                if not name.startswith("txrfb.") or room not in number or room == own:
                    continue
                if number[room] >= number[own]:
                    wrong.append(f"{moduleOf(path)} imports {name}")
        self.assertEqual(wrong, [])

    def test_noCircles(self) -> None:
        """
        No modules import each other, not even for annotations.
        """
        modules = {moduleOf(path): path for path in sources(PACKAGE)}
        imports = {
            module: {
                found
                for name in importedBy(path, types=roomOf(module) not in CONTRACTS)
                for found in (name, name.rpartition(".")[0])
                if found in modules
                and found != module
                # A package names what is in it; what is in it may name the package.
                and not module.startswith(f"{found}.")
            }
            for module, path in modules.items()
        }
        try:
            list(TopologicalSorter(imports).static_order())
        except CycleError as error:
            self.fail(f"a circle: {error.args[1]}")

    def test_pure(self) -> None:
        """
        What turns bytes into meaning, and pixels into bytes, knows nothing of
        transports and reactors.
        """
        wrong = [
            f"{moduleOf(path)} imports {name}"
            for path in sources(PACKAGE)
            if roomOf(moduleOf(path)) in PURE
            for name in importedBy(path)
            if name.startswith("twisted.")
            and not name.startswith(("twisted.cred.", "twisted.logger"))
        ]
        self.assertEqual(wrong, [])

    def test_noReactor(self) -> None:
        """
        No module imports the reactor when it is imported itself: reactors are
        handed in.
        """
        wrong = [
            moduleOf(path)
            for path in sources(PACKAGE, ROOT / "twisted")
            if "twisted.internet.reactor" in importedBy(path, deep=False)
        ]
        self.assertEqual(wrong, [])

    def test_noTests(self) -> None:
        """
        The package imports none of its tests.
        """
        wrong = [
            moduleOf(path)
            for path in sources(PACKAGE)
            for name in importedBy(path)
            if name.partition(".")[0] in ("tests", "benchmarks", "examples")
        ]
        self.assertEqual(wrong, [])


class FaceTests(SynchronousTestCase):
    """
    What rooms offer to others.
    """

    def test_offered(self) -> None:
        """
        What is imported from another room is offered by it.
        """
        modules = {moduleOf(path) for path in sources(PACKAGE)}
        wrong = []
        for path in sources(PACKAGE):
            for name in importedBy(path, types=True) - modules:
                place, _, last = name.rpartition(".")
                room = roomOf(place)
                if room not in FACES or room == roomOf(moduleOf(path)):
                    continue
                offered = getattr(importlib.import_module(place), "__all__", None)
                # A module without the list, such as one of constants, offers all.
                if offered is not None and last not in offered:
                    wrong.append(f"{moduleOf(path)} imports {name}")
        self.assertEqual(wrong, [])


class ShapeTests(SynchronousTestCase):
    """
    What modules look like.
    """

    def test_length(self) -> None:
        """
        No module is too long to be read in one sitting.
        """
        lengths = {
            moduleOf(path): len(path.read_text("utf-8").splitlines())
            for path in sources(PACKAGE)
            if path.name != "_keysymtable.py"
        }
        self.assertEqual({name: n for name, n in lengths.items() if n > MAX_LINES}, {})

    def test_lengthOfC(self) -> None:
        """
        Neither is a file in C, which takes longer to read.
        """
        lengths = {
            path.name: len(path.read_text("utf-8").splitlines())
            for path in PACKAGE.rglob("*.[ch]")
        }
        self.assertIn("module.c", lengths)
        self.assertEqual(
            {name: n for name, n in lengths.items() if n > MAX_C_LINES}, {}
        )

    def test_head(self) -> None:
        """
        A module names its tests, unless it is a package's, and the license.
        """
        wrong = []
        for path in sources(PACKAGE):
            lines = path.read_text("utf-8").splitlines()
            if lines[0].startswith("# -*- test-case-name: "):
                named = lines.pop(0).split()[3]
                if not (ROOT / (named.replace(".", "/") + ".py")).exists():
                    wrong.append(f"{moduleOf(path)}: there is no {named}")
            elif not path.name.startswith("_"):
                wrong.append(f"{moduleOf(path)}: it names no tests")
            if lines[:2] != [
                "# Copyright (c) txrfb contributors.",
                "# See LICENSE for details.",
            ]:
                wrong.append(f"{moduleOf(path)}: it does not name the license")
        self.assertEqual(wrong, [])

    def test_docstrings(self) -> None:
        """
        Everything public says what it is for.
        """
        wrong = []
        for path in sources(PACKAGE):
            stack: list[tuple[str, ast.AST]] = [
                (moduleOf(path), ast.parse(path.read_text("utf-8")))
            ]
            while stack:
                name, node = stack.pop()
                assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
                if ast.get_docstring(node) is None and not isTrivial(node):
                    wrong.append(name)
                if not isinstance(node, ast.FunctionDef):
                    stack.extend(
                        (f"{name}.{inner.name}", inner)
                        for inner in node.body
                        if isinstance(inner, ast.ClassDef | ast.FunctionDef)
                        and not inner.name.startswith("_")
                    )
        self.assertEqual(sorted(wrong), [])

    def test_namespace(self) -> None:
        """
        C{twisted} and C{twisted.plugins} are no packages of ours: an
        C{__init__.py} there would hide the real Twisted, or the plugin.
        """
        self.assertEqual(list((ROOT / "twisted").rglob("__init__.py")), [])


class LightnessTests(SynchronousTestCase):
    """
    What is imported costs those who do not use it.
    """

    def loadedAfter(self, program: str) -> set[str]:
        """
        @return: The modules that are loaded when C{program} has run in a Python of
            its own.
        """
        program += "\nimport sys\nprint('\\n'.join(sorted(sys.modules)))"
        result = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return set(result.stdout.split())

    def test_plugins(self) -> None:
        """
        Every C{twistd} that starts, for whatever service, looks at all plugins; so
        ours load neither numpy nor Pillow, nor the server itself.
        """
        plugins = [path.stem for path in (ROOT / "twisted" / "plugins").glob("*.py")]
        self.assertIn("txrfb_plugin", plugins)
        loaded = self.loadedAfter(
            "\n".join(f"import twisted.plugins.{name}" for name in plugins)
        )
        self.assertIn("txrfb.interfaces", loaded)
        heavy = {"numpy", "PIL", "cryptography", "twisted.internet.reactor"}
        self.assertEqual(loaded & heavy, set())
        self.assertEqual(
            loaded & {"txrfb.protocol", "txrfb.tap", "txrfb.pixels"}, set()
        )

    def test_framebuffers(self) -> None:
        """
        Of the framebuffers only those are loaded that are asked for.
        """
        loaded = self.loadedAfter("import txrfb.framebuffers")
        self.assertEqual(loaded & {"numpy", "PIL", "twisted.internet.reactor"}, set())
        loaded = self.loadedAfter("from txrfb.framebuffers import MemoryFramebuffer")
        self.assertIn("txrfb.framebuffers.memory", loaded)
        self.assertNotIn("txrfb.framebuffers.testcard", loaded)

    def test_package(self) -> None:
        """
        The package itself and its interfaces load neither numpy nor Twisted's
        reactor.
        """
        loaded = self.loadedAfter("import txrfb, txrfb.interfaces")
        self.assertEqual(loaded & {"numpy", "PIL", "twisted.internet.reactor"}, set())
        self.assertEqual(loaded & {"txrfb.protocol", "txrfb.pixels"}, set())

    def test_daemon(self) -> None:
        """
        C{twistd rfb} without options loads nothing that only options or viewers need;
        where there is no pyOpenSSL, which Twisted's reactor loads by itself, no TLS
        either.
        """
        loaded = self.loadedAfter(
            "import sys; sys.modules['OpenSSL'] = None\n"
            "from twisted.internet.testing import MemoryReactorClock\n"
            "from twisted.python import usage\n"
            "from txrfb.tap import Options, makeService\n"
            "options = Options(MemoryReactorClock())\n"
            "options.parent = usage.Options()\n"
            "options.parent.update({'nodaemon': 1, 'logfile': None})\n"
            "options.parseOptions([])\n"
            "service = makeService(options)\n"
            "service.privilegedStartService()\n"
            "service.startService()"
        )
        self.assertLessEqual(
            {"txrfb._daemon", "txrfb.framebuffers.testcard", "txrfb._session.server"},
            loaded,
        )
        unneeded = {
            *("check", "client", "control", "desktop", "passwd", "reverse"),
            *("testing", "transcript", "x11", "_keysymtable", "security.tls.client"),
            *("security.accounts.pam", "security.client", "web.service", "web.site"),
            *("web.resource", "web.transport", "web.page"),
        }
        kinds = {path.stem for path in (PACKAGE / "framebuffers").glob("[a-z]*.py")}
        unneeded |= {f"framebuffers.{kind}" for kind in kinds - {"memory", "testcard"}}
        heavy = {
            *("twisted.web", "twisted.internet.ssl", "wsproto", "h11", "OpenSSL.SSL"),
            *("pam", "PIL.PngImagePlugin", "PIL.JpegImagePlugin"),
        }
        self.assertEqual(loaded & {f"txrfb.{name}" for name in unneeded}, set())
        self.assertEqual(loaded & heavy, set())

    def test_server(self) -> None:
        """
        A server loads neither Pillow nor, where there is no pyOpenSSL, which Twisted
        loads by itself, cryptography.
        """
        loaded = self.loadedAfter(
            "import sys; sys.modules['OpenSSL'] = None; import txrfb.protocol"
        )
        self.assertIn("txrfb._session.server", loaded)
        heavy = {"PIL", "cryptography", "txrfb.client", "txrfb.framebuffers.memory"}
        self.assertEqual(loaded & heavy, set())
