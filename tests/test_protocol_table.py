# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The tables of C{docs/protocol.rst} say what the code does, of everything that there is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes  # type: ignore[import-untyped]
from docutils.core import publish_doctree  # type: ignore[import-untyped]
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.messages import CLIENT_MESSAGES, SERVER_MESSAGES
from txrfb._wire.messages.extensions import _QEMU, EXTENSIONS, SERVER_EXTENSIONS
from txrfb.encodings import ENCODINGS, constants

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "protocol.rst"

# The numbers that rfbproto.rst lists as defined or registered, as of 2026.
CLIENT = {*range(22), 80, 127, 128, 150, *range(248, 256)} - {1}
SERVER = {*range(16), 127, 128, 150, 173, *range(248, 256)} - {251}
PIXELS = {
    *(0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 20, 21, 22, 50, -260),
    *(1000, 1001, 1002, 1011, *range(1024, 1106), 0x48323634, 0xFFFF0009),
}
PSEUDO = {
    *range(-32, 0),
    *range(-222, -32),
    *range(-247, -222),
    *range(-256, -246),
    *range(-259, -256),
    *range(-304, -260),
    *range(-317, -304),
    *range(-528, -522),
    *range(-512, -411),
    *range(-768, -762),
    *range(0x574D5664, 0x574D566B),
    *(0xC0A1E5CE, 0xC0A1E5CF),
    *range(0xFFFE0000, 0xFFFE0100),
    *range(0xFFFF0000, 0xFFFF0009),
    *range(0xFFFF8000, 0xFFFF8004),
} - {-315}

VIEWERS = {
    "TigerVNC",
    "TightVNC",
    "LibVNCClient",
    "GVnc",
    "GVncCapture",
    "NoVNC",
    "VncDoTool",
    "VncSnapshot",
    "AsyncVNC",
}


class Row(NamedTuple):
    """
    A row of a table.

    @ivar numbers: The numbers that it is about.
    @ivar name: Their name.
    @ivar supported: The first word on whether they are supported.
    @ivar why: The rest of it.
    @ivar module: The module that does it.
    @ivar test: The test of that.
    @ivar seen: The viewers that were seen using it.
    @ivar seenIn: The test in which they were.
    """

    numbers: frozenset[int]
    name: str
    supported: str
    why: str
    module: str
    test: str
    seen: frozenset[str]
    seenIn: str


def numbersOf(text: str) -> Iterator[int]:
    """
    @param text: Numbers and ranges, with commas between them.
    """
    for part in text.split(","):
        first, _, last = part.strip().partition(" to ")
        ends = sorted((int(first, 0), int(last or first, 0)))
        yield from range(ends[0], ends[1] + 1)


def rowOf(cells: list[str]) -> Row:
    """
    @return: What the cells of a row say.
    """
    number, name, supported, where, seen = cells
    word, _, why = supported.partition(":")
    module, _, test = where.partition(", ")
    viewers, _, seenIn = seen.rstrip(")").partition(" (")
    names = viewers.split(", ") if viewers not in ("", "none") else []
    return Row(
        frozenset(numbersOf(number)),
        name,
        word,
        why.strip(),
        module,
        test,
        VIEWERS if names == ["all viewers"] else frozenset(names),  # type: ignore
        seenIn,
    )


def tablesOf(page: Path) -> dict[str, list[Row]]:
    """
    @return: The tables of the page by their titles.
    """
    document = publish_doctree(page.read_text("utf-8"), str(page))
    tables = {}
    for table in document.findall(nodes.table):
        [title] = table.findall(nodes.title)
        [body] = table.findall(nodes.tbody)
        tables[title.astext()] = [
            rowOf([entry.astext() for entry in row]) for row in body
        ]
    return tables


TABLES = tablesOf(PAGE)
FROM_VIEWERS = TABLES["Messages from viewers to servers"]
QEMU = TABLES["QEMU messages from viewers, by their second byte"]
FROM_SERVERS = TABLES["Messages from servers to viewers"]
ENCODING = TABLES["Encodings of pixels"]
PSEUDO_ENCODING = TABLES["Pseudo-encodings"]


def supported(rows: list[Row], word: str = "yes") -> set[int]:
    """
    @return: The numbers of which a table says so.
    """
    return {n for row in rows if row.supported == word for n in row.numbers}


def signed(numbers: set[int]) -> set[int]:
    """
    @return: Numbers of encodings as they are on the wire.
    """
    return {n - (1 << 32) if n >> 31 > 0 else n for n in numbers}


def constantsIn(path: Path) -> set[int]:
    """
    @return: The numbers of the encodings that a module names, and does not only
        import.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        name = getattr(node, "id", getattr(node, "attr", None))
        number = getattr(constants, name, None) if isinstance(name, str) else None
        if isinstance(number, int):
            found.add(number)
    return found


class TableTests(SynchronousTestCase):
    """
    Page and code.
    """

    def assertComplete(self, rows: list[Row], expected: set[int]) -> None:
        """
        Fail unless a table has each number once.
        """
        numbers = [number for row in rows for number in row.numbers]
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertEqual(set(numbers) - expected, set(), "are too many")
        self.assertEqual(expected - set(numbers), set(), "are missing")

    def test_complete(self) -> None:
        """
        The tables have every number of the specification, once.
        """
        self.assertComplete(FROM_VIEWERS, CLIENT)
        self.assertComplete(FROM_SERVERS, SERVER)
        self.assertComplete(ENCODING, PIXELS)
        # PointerPos is in use with a number that is not in the list.
        self.assertComplete(PSEUDO_ENCODING, PSEUDO)

    def test_constants(self) -> None:
        """
        And every number that has a name here, as what it is.
        """
        real = signed(supported(ENCODING) | supported(ENCODING, "no"))
        pseudo = signed({number for row in PSEUDO_ENCODING for number in row.numbers})
        self.assertEqual(set(constants.REAL) - real, set())
        self.assertEqual(set(constants.NAMES) - set(constants.REAL) - pseudo, set())

    def test_messages(self) -> None:
        """
        The messages that are supported are those that can be parsed.
        """
        self.assertEqual(supported(FROM_VIEWERS), {*CLIENT_MESSAGES, *EXTENSIONS})
        self.assertEqual(
            supported(FROM_SERVERS), {*SERVER_MESSAGES, *SERVER_EXTENSIONS}
        )
        self.assertEqual(supported(QEMU), {*_QEMU})

    def test_encodings(self) -> None:
        """
        The encodings that are supported are those of the registry, CopyRect, and that
        of videos; each in the module where it is.
        """
        others = {constants.COPY_RECT, constants.OPEN_H264}
        self.assertEqual(supported(ENCODING), {*ENCODINGS, *others})
        for row in ENCODING:
            [number, *_] = row.numbers
            if number in ENCODINGS:
                self.assertEqual(type(ENCODINGS[number]).__module__, row.module)

    def test_pseudoEncodings(self) -> None:
        """
        The pseudo-encodings that are supported are named by the module that is said
        to support them; the others by no module of the server.
        """
        paths = {
            ".".join(path.relative_to(ROOT).with_suffix("").parts): path
            for path in (ROOT / "txrfb").rglob("*.py")
        }
        named = {module: constantsIn(path) for module, path in paths.items()}
        pseudo = set(constants.NAMES) - set(constants.REAL)
        by = {
            module: numbers & pseudo
            for module, numbers in named.items()
            if not module.startswith(("txrfb.client.", "txrfb.encodings.constants"))
        }
        anywhere = set().union(*by.values())
        for row in PSEUDO_ENCODING:
            numbers = signed(set(row.numbers))
            if row.supported == "yes":
                self.assertTrue(numbers & by[row.module], row.name)
            elif row.supported == "viewer":
                self.assertTrue(numbers & named[row.module], row.name)
            else:
                self.assertEqual(numbers & anywhere, set(), row.name)

    def test_words(self) -> None:
        """
        A row says whether; if not, why not; if so, where it is, and where its test.
        """
        for table, rows in TABLES.items():
            for row in rows:
                where = f"{row.name} in {table}"
                self.assertIn(row.supported, ("yes", "no", "viewer"), where)
                self.assertEqual(bool(row.why), row.supported != "yes", where)
                self.assertEqual(bool(row.module), row.supported != "no", where)
                if row.module:
                    path = ROOT / (row.module.replace(".", "/") + ".py")
                    self.assertTrue(path.exists(), where)
                    self.assertTrue((ROOT / f"tests/{row.test}.py").exists(), where)
                else:
                    self.assertEqual(row.seen, frozenset(), where)

    def test_tests(self) -> None:
        """
        The test of an extension has to do with it: it names its module's subject, or
        the encoding.
        """
        for row in PSEUDO_ENCODING:
            if row.supported == "no":
                continue
            text = (ROOT / f"tests/{row.test}.py").read_text("utf-8")
            names = [
                name
                for name, number in vars(constants).items()
                if isinstance(number, int) and number in signed(set(row.numbers))
            ]
            # Where numbers are a range, tests name them as they are.
            digits = [str(number) for number in row.numbers]
            self.assertTrue(
                any(re.search(rf"(?<!\w){word}\b", text) for word in [*names, *digits]),
                f"{row.test} does not name {row.name}",
            )

    def test_seen(self) -> None:
        """
        Viewers that are said to have been seen are in the test where they are said to
        have been.
        """
        for table, rows in TABLES.items():
            for row in rows:
                where = f"{row.name} in {table}"
                self.assertEqual(row.seen - VIEWERS, frozenset(), where)
                self.assertEqual(bool(row.seen), bool(row.seenIn), where)
                if row.seen:
                    path = ROOT / f"tests/{row.seenIn}.py"
                    self.assertTrue(path.exists(), where)

    def test_seenWithEncodings(self) -> None:
        """
        Each encoding is seen with all viewers under test that can be told to use it.
        """
        from tests.interop.case import VIEWERS as classes
        from tests.interop.viewers import ENCODINGS as names

        self.assertEqual({one.__name__ for one in classes}, VIEWERS)
        for name, number in names.items():
            if name == "copyrect":
                continue
            [row] = [row for row in ENCODING if number in row.numbers]
            able = {one.__name__ for one in classes if name in one.encodings}
            self.assertEqual(row.seen, able, name)
