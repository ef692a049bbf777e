# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.selections}, and of what it consists of.
"""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.fake import ROOT
from tests.x11.selectionserver import OTHER, SelectionServer
from txrfb.error import DisplayError
from txrfb.x11.connection import X11Connection
from txrfb.x11.selections import Selections
from txrfb.x11.wire import X11Error

TEXT = "Größe 漢字 😀\r\n\ttab"


class SelectionsCase(SynchronousTestCase):
    """
    A display with another client, and a viewer who looks.
    """

    options: dict[str, Any] = {}  # noqa: RUF012

    def setUp(self) -> None:
        """
        Connect.
        """
        self.server = SelectionServer()
        self.begin()
        self.selections.watch(True)
        self.server.pump()

    def begin(self, **options: Any) -> None:
        """
        Connect to the display.
        """
        self.clock = Clock()
        self.told: list[str] = []
        self.errors: list[X11Error] = []
        self.connection = X11Connection(Clock())
        self.connection.onError = self.errors.append
        self.server.connect(self.connection)
        self.selections = Selections(
            self.clock, self.connection, self.told.append, **{**self.options, **options}
        )
        started = self.selections.start()
        self.server.pump()
        self.successResultOf(started)

    def tearDown(self) -> None:
        """
        Nothing was asked for that cannot be, and no timer is left.
        """
        self.selections.stop()
        self.server.pump()
        self.assertEqual(self.errors, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def provide(self, text: str) -> None:
        """
        A viewer copies something.
        """
        self.selections.provide(text)
        self.server.pump()

    def pieces(self, property: int) -> list[bytes]:
        """
        The other client takes piece after piece.
        """
        pieces = []
        while (OTHER, property) in self.server.properties:
            type, format, value = self.server.take(property)
            self.assertEqual((type, format), (b"UTF8_STRING", 8))
            pieces.append(value)
        return pieces


class ReadingTests(SelectionsCase):
    """
    Programs copy.
    """

    def test_text(self) -> None:
        """
        What is copied is told.
        """
        self.server.own()
        [asked] = self.server.asked
        self.assertEqual(asked[1:3], (b"CLIPBOARD", b"UTF8_STRING"))
        self.assertEqual(asked.time, self.server.time)
        self.server.answer("UTF8_STRING", TEXT.encode())
        self.assertEqual(self.told, [TEXT])
        # It was taken away.
        self.assertEqual(self.server.properties, {})

    def test_latin(self) -> None:
        """
        A program that knows nothing of Unicode is asked for what it knows.
        """
        self.server.own()
        self.server.tell(self.server.asked[-1], 0)
        self.assertEqual(self.server.asked[-1].target, b"STRING")
        self.server.answer("STRING", b"Gr\xf6\xdfe")
        self.assertEqual(self.told, ["Größe"])

    def test_nothing(self) -> None:
        """
        A program may have nothing that is text, or nothing at all.
        """
        self.server.own()
        self.server.tell(self.server.asked[-1], 0)
        self.server.tell(self.server.asked[-1], 0)
        self.server.own()
        self.server.answer("UTF8_STRING", b"")
        self.server.own()
        self.server.answer("INTEGER", b"1234", 32)
        self.assertEqual(self.told, [])
        self.assertEqual(len(self.server.asked), 4)

    @given(st.binary(max_size=40), st.sampled_from([8, 16, 32]))
    def test_any(self, value: bytes, format: int) -> None:
        """
        Whatever it has, nothing worse happens than that it is not told.
        """
        self.setUp()
        value = value[: len(value) // 4 * 4] if format > 8 else value
        self.server.own()
        self.server.answer("UTF8_STRING", value, format)
        text = value.decode("utf-8", "replace")
        self.assertEqual(self.told, [text] if format == 8 and text else [])

    def test_nobodyLooks(self) -> None:
        """
        What nobody is told of is not asked for; but the last of it is when somebody
        comes.
        """
        self.selections.watch(False)
        self.server.own()
        self.server.own()
        self.assertEqual(self.server.asked, [])
        self.selections.watch(True)
        self.server.pump()
        self.assertEqual(len(self.server.asked), 1)
        self.server.answer("UTF8_STRING", b"a")
        self.selections.watch(False)
        self.selections.watch(True)
        self.server.pump()
        self.assertEqual(len(self.server.asked), 1)
        # One that ends has nothing any more.
        self.selections.watch(False)
        self.server.own()
        self.server.own(window=0)
        self.selections.watch(True)
        self.server.pump()
        self.assertEqual(len(self.server.asked), 1)

    def test_before(self) -> None:
        """
        What was copied before we came is told, too.
        """
        self.server = SelectionServer()
        self.server.own()
        self.begin()
        self.assertEqual(self.server.asked, [])
        self.selections.watch(True)
        self.server.pump()
        self.server.answer("UTF8_STRING", b"a")
        self.assertEqual(self.told, ["a"])

    def test_incremental(self) -> None:
        """
        What is large comes piece by piece.
        """
        self.server.own()
        self.server.answer("INCR", struct.pack("<I", 10), 32)
        asked = self.server.asked[-1]
        data = (TEXT * 100).encode()
        for at in range(0, len(data), 700):
            self.assertEqual(self.server.properties, {})
            piece = data[at : at + 700]
            self.server.put(asked.requestor, asked.property, "UTF8_STRING", piece)
        self.assertEqual(self.told, [])
        self.server.put(asked.requestor, asked.property, "UTF8_STRING", b"")
        self.assertEqual(self.told, [TEXT * 100])

    def test_stuck(self) -> None:
        """
        A program that does not go on is not waited for.
        """
        self.server.own()
        self.clock.advance(5)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.server.own()
        self.server.answer("INCR", b"", 32)
        asked = self.server.asked[-1]
        for _ in range(3):
            self.clock.advance(4)
            self.server.put(asked.requestor, asked.property, "UTF8_STRING", b"a")
        self.clock.advance(5)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.server.put(asked.requestor, asked.property, "UTF8_STRING", b"")
        self.assertEqual(self.told, [])

    def test_replaced(self) -> None:
        """
        Of what is copied while something else comes only the newest is told; the other
        program is not left waiting.
        """
        self.server.own()
        first = self.server.asked[-1]
        self.server.answer("INCR", struct.pack("<I", 10), 32)
        self.server.own()
        second = self.server.asked[-1]
        self.assertNotEqual(first.property, second.property)
        self.server.put(first.requestor, first.property, "UTF8_STRING", b"old")
        self.assertEqual(self.server.properties, {})
        self.server.answer("UTF8_STRING", b"new")
        self.server.put(first.requestor, first.property, "UTF8_STRING", b"")
        self.assertEqual(self.told, ["new"])
        self.clock.advance(5)

    def test_many(self) -> None:
        """
        However often something is copied that does not come, little is kept of it.
        """
        for number in range(30):
            self.server.own()
            if number % 2:
                self.server.answer("INCR", b"", 32)
        self.server.own()
        self.server.answer("UTF8_STRING", b"new")
        self.assertEqual(self.told, ["new"])
        self.assertLess(len(self.clock.getDelayedCalls()), 10)
        self.clock.advance(5)

    def test_echo(self) -> None:
        """
        A manager of clipboards takes over what a viewer has copied: viewers are not
        told what they know.
        """
        self.provide("mine")
        self.assertEqual(self.server.asked, [])
        self.server.own()
        self.server.answer("UTF8_STRING", b"mine")
        self.assertEqual(self.told, [])
        self.server.own()
        self.server.answer("UTF8_STRING", b"other")
        self.server.own()
        self.server.answer("UTF8_STRING", b"mine")
        self.assertEqual(self.told, ["other", "mine"])

    def test_stranger(self) -> None:
        """
        What nobody asked for is of no interest.
        """
        self.server.own()
        asked = self.server.asked[-1]
        self.server.tell(asked._replace(target=b"STRING"), asked.property)
        self.server.tell(asked._replace(selection=b"PRIMARY"), asked.property)
        self.server.tell(asked, self.server.atom("ANOTHER"))
        self.server.put(asked.requestor, asked.property, "UTF8_STRING", b"")
        self.assertEqual(self.told, [])
        self.server.answer("UTF8_STRING", b"a")
        self.server.answer("UTF8_STRING", b"b")
        self.assertEqual(self.told, ["a"])

    def test_lost(self) -> None:
        """
        A display that is gone tells nothing.
        """
        self.server.own()
        self.server.isStopped = True
        self.connection.connectionLost()
        self.selections.provide("text")
        self.assertFalse(self.selections.offers)


class LimitTests(SelectionsCase):
    """
    What is too long.
    """

    options = {"limit": 100}  # noqa: RUF012

    def test_long(self) -> None:
        """
        It is not told, and not even fetched.
        """
        self.server.own()
        self.server.answer("UTF8_STRING", b"a" * 101)
        self.assertEqual(self.server.properties, {})
        self.server.own()
        self.server.answer("UTF8_STRING", b"b" * 1000)
        self.assertEqual(self.server.properties, {})
        self.server.own()
        self.server.answer("UTF8_STRING", b"c" * 100)
        self.assertEqual(self.told, ["c" * 100])

    def test_announced(self) -> None:
        """
        A program that announces too much is not left waiting, but it is not read.
        """
        self.server.own()
        self.server.answer("INCR", struct.pack("<I", 101), 32)
        asked = self.server.asked[-1]
        self.server.log.clear()
        for piece in (b"a" * 50, b"b" * 51, b""):
            self.server.put(asked.requestor, asked.property, "UTF8_STRING", piece)
            self.assertEqual(self.server.properties, {})
        self.assertNotIn("20", self.server.log)
        self.assertEqual(self.told, [])
        self.clock.advance(5)

    def test_unannounced(self) -> None:
        """
        Neither is one that has more than it has said.
        """
        self.server.own()
        self.server.answer("INCR", struct.pack("<I", 1), 32)
        asked = self.server.asked[-1]
        for piece in (b"a" * 50, b"b" * 51, b"c" * 50, b""):
            self.server.put(asked.requestor, asked.property, "UTF8_STRING", piece)
            self.assertEqual(self.server.properties, {})
        self.assertEqual(self.told, [])
        self.clock.advance(5)


class GivingTests(SelectionsCase):
    """
    A viewer copies, and programs paste.
    """

    def test_text(self) -> None:
        """
        A program gets the text by any of the names that text has.
        """
        self.provide(TEXT)
        for target, type in (
            ("UTF8_STRING", b"UTF8_STRING"),
            ("TEXT", b"UTF8_STRING"),
            ("text/plain;charset=utf-8", b"text/plain;charset=utf-8"),
        ):
            where = self.server.ask(target)
            self.assertEqual(self.server.told[-1], (target.encode(), where))
            self.assertEqual(self.server.take(where), (type, 8, TEXT.encode()))

    def test_targets(self) -> None:
        """
        A program can ask what there is; Latin-1 only if that is enough.
        """
        self.provide(TEXT)
        type, format, value = self.server.take(self.server.ask("TARGETS"))
        self.assertEqual((type, format), (b"ATOM", 32))
        names = [
            self.server.nameOf(atom) for (atom,) in struct.iter_unpack("<I", value)
        ]
        self.assertEqual(names[0], b"TARGETS")
        self.assertIn(b"UTF8_STRING", names)
        self.assertNotIn(b"STRING", names)
        self.server.ask("STRING")
        self.assertEqual(self.server.told[-1], (b"STRING", 0))
        self.provide("Größe")
        where = self.server.ask("STRING")
        self.assertEqual(self.server.take(where), (b"STRING", 8, b"Gr\xf6\xdfe"))

    def test_time(self) -> None:
        """
        A program can ask since when we have it.
        """
        self.provide(TEXT)
        time = self.server.time
        where = self.server.ask("TIMESTAMP")
        self.assertEqual(
            self.server.take(where), (b"INTEGER", 32, struct.pack("<I", time))
        )

    def test_refused(self) -> None:
        """
        What we do not have is refused.
        """
        self.provide(TEXT)
        for target in ("image/png", "MULTIPLE", "TXRFB"):
            self.server.ask(target)
            self.assertEqual(self.server.told[-1], (target.encode(), 0))
        # So is what we have no longer.
        window = self.server.owners[b"CLIPBOARD"]
        self.server.own()
        self.server.owners[b"CLIPBOARD"] = window
        self.server.ask("UTF8_STRING")
        self.assertEqual(self.server.told[-1], (b"UTF8_STRING", 0))

    def test_oldClient(self) -> None:
        """
        An old client leaves it to us where it goes.
        """
        self.provide("a")
        self.server.ask("UTF8_STRING", "")
        where = self.server.atom("UTF8_STRING")
        self.assertEqual(self.server.told[-1], (b"UTF8_STRING", where))
        self.assertEqual(self.server.take(where)[2], b"a")

    def test_empty(self) -> None:
        """
        A viewer may have emptied its clipboard.
        """
        self.provide("")
        self.assertEqual(self.server.take(self.server.ask("UTF8_STRING"))[2], b"")

    def test_incremental(self) -> None:
        """
        What is large goes piece by piece, to several at a time.
        """
        data = (TEXT * 20000).encode()
        self.provide(TEXT * 20000)
        first = self.server.ask("UTF8_STRING", "FIRST")
        second = self.server.ask("UTF8_STRING", "SECOND")
        for where in (first, second):
            type, format, value = self.server.take(where)
            self.assertEqual((type, format), (b"INCR", 32))
            self.assertEqual(value, struct.pack("<I", len(data)))
        # The next that a viewer copies does not get into it.
        self.provide("new")
        for where in (first, second):
            pieces = self.pieces(where)
            self.assertEqual(b"".join(pieces), data)
            self.assertEqual(pieces[-1], b"")
        self.assertEqual(self.server.watched[OTHER], 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stuck(self) -> None:
        """
        A program that does not go on is forgotten after a while; so is one that has
        ended.
        """
        self.provide("a" * 200000)
        where = self.server.ask("UTF8_STRING")
        self.server.take(where)
        self.clock.advance(4)
        self.server.take(where)
        self.clock.advance(4)
        self.server.windows.discard(OTHER)
        self.server.take(where)
        self.clock.advance(5)
        self.server.pump()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.errors, [])

    def test_again(self) -> None:
        """
        Who asks again before it has everything gets everything.
        """
        self.provide("a" * 200000)
        where = self.server.ask("UTF8_STRING")
        self.server.take(where)
        self.server.take(where)
        self.server.ask("UTF8_STRING")
        self.assertEqual(self.server.take(where)[0], b"INCR")
        self.assertEqual(len(b"".join(self.pieces(where))), 200000)

    def test_many(self) -> None:
        """
        No more than some are given something at a time, and nothing to who is none.
        """
        self.provide("a" * 200000)
        for number in range(30):
            self.server.ask("UTF8_STRING", f"P{number}")
        self.assertEqual(sum(bool(where) for _, where in self.server.told), 16)
        self.clock.advance(5)
        self.server.pump()
        self.assertEqual(self.server.watched[OTHER], 0)

    def test_notToRoot(self) -> None:
        """
        The root window, whose events others here want, is given nothing large.
        """
        self.provide("a" * 200000)
        self.server.log.clear()
        body = struct.pack(
            *("<IIIIII", 0, 0, ROOT, self.server.atom("CLIPBOARD")),
            *(self.server.atom("UTF8_STRING"), 99),
        )
        self.server.event(30, body)
        self.server.flush()
        self.assertEqual(self.server.log, ["25"])
        self.errors.clear()

    def test_notPrimary(self) -> None:
        """
        What was selected with the mouse is left alone.
        """
        self.provide("a")
        self.assertEqual(list(self.server.owners), [b"CLIPBOARD"])
        self.server.own("PRIMARY")
        self.assertEqual(self.server.asked, [])


class PrimaryTests(SelectionsCase):
    """
    What is selected with the mouse, too.
    """

    options = {"primary": True}  # noqa: RUF012

    def test_giving(self) -> None:
        """
        What a viewer copies can be pasted by either way.
        """
        self.provide("a")
        for name in ("CLIPBOARD", "PRIMARY"):
            where = self.server.ask("UTF8_STRING", selection=name)
            self.assertEqual(self.server.take(where)[2], b"a")
        # Somebody selects something: what was copied is there still.
        self.server.own("PRIMARY")
        self.assertEqual(self.server.take(self.server.ask("UTF8_STRING"))[2], b"a")

    def test_reading(self) -> None:
        """
        What is selected is told when it does not change any more.
        """
        for _ in range(3):
            self.server.own("PRIMARY")
            self.clock.advance(0.2)
        self.server.pump()
        self.assertEqual(self.server.asked, [])
        self.clock.advance(0.2)
        self.server.pump()
        self.server.answer("UTF8_STRING", b"selected")
        self.server.own()
        self.server.answer("UTF8_STRING", b"copied")
        self.assertEqual(self.told, ["selected", "copied"])
        self.server.own("PRIMARY")
        self.selections.watch(False)
        self.clock.advance(1)
        self.assertEqual(len(self.server.asked), 2)
        self.selections.watch(True)
        self.server.pump()
        self.assertEqual(len(self.server.asked), 3)
        self.clock.advance(5)


class MissingTests(SelectionsCase):
    """
    Displays without XFIXES.
    """

    def setUp(self) -> None:
        """
        Connect to one.
        """
        self.server = SelectionServer(extensions=())
        self.begin()

    def test_missing(self) -> None:
        """
        They have no clipboard for viewers.
        """
        self.selections.watch(True)
        self.provide("a")
        self.assertFalse(self.selections.offers)
        self.assertEqual(self.server.owners, {})

    def test_lost(self) -> None:
        """
        A display that is gone before it has said what it has is an error.
        """
        server = SelectionServer()
        connection = X11Connection(Clock())
        server.connect(connection)
        selections = Selections(self.clock, connection, self.told.append)
        handlers = {**server.handlers, "16": SelectionServer.nothing}
        self.patch(SelectionServer, "handlers", handlers)
        started = selections.start()
        server.pump()
        self.assertEqual(server.log[-1], "16")
        server.end()
        self.failureResultOf(started, DisplayError)
        self.assertFalse(selections.offers)
