# -*- test-case-name: tests.web.test_news -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.news}.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.web.scenes import TEXT, Browser, factoryOn, frame
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.testing import Viewer
from txrfb.web import WebSocketResource

TALKS = {"Sec-WebSocket-Protocol": "txrfb, binary"}


class NewsTests(SynchronousTestCase):
    """
    What pages are told, and ask for.
    """

    def setUp(self) -> None:
        """
        A server where one alone drives.
        """
        self.clock = Clock()
        self.factory = factoryOn(self.clock, exclusive=True)
        self.resource = WebSocketResource(self.factory)

    def browse(self, **headers: str) -> Browser:
        """
        @return: A page that has logged in.
        """
        page = Browser(self.resource, headers={**TALKS, **headers}).open()
        for part in (b"RFB 003.008\n", b"\1", b"\1"):
            page.say(part)
        page.heard()
        return page

    def say(self, page: Browser, **message: Any) -> None:
        """
        Have a page say something.
        """
        page.send(frame(json.dumps(message).encode("ascii"), TEXT))

    def told(self, page: Browser) -> dict[str, Any]:
        """
        @return: What a page was told last.
        """
        self.clock.advance(1)
        page.heard()
        found: dict[str, Any] = json.loads(page.texts[-1])
        return found

    def test_subprotocol(self) -> None:
        """
        Only a page that has asked for it is told anything; text is an error for others.
        """
        page = self.browse()
        self.assertEqual(page.header("sec-websocket-protocol"), "txrfb")
        other = self.browse(**{"Sec-WebSocket-Protocol": "binary"})
        self.assertEqual(other.header("sec-websocket-protocol"), "binary")
        self.say(other, ping=1)
        other.heard()
        self.assertIsNotNone(other.closed)

    def test_ping(self) -> None:
        """
        A number comes back.
        """
        page = self.browse()
        self.say(page, ping=12.5)
        self.assertEqual(self.told(page), {"pong": 12.5})

    def test_viewers(self) -> None:
        """
        A page that wants to is told who is there, of browsers and others, at first and
        when it changes; who has not asked is not.
        """
        page, quiet = self.browse(), self.browse()
        self.say(page, watch=True)
        page.heard()
        first = json.loads(page.texts[-1])
        self.assertEqual((first["count"], first["exclusive"]), (2, True))
        one, two = first["viewers"]
        self.assertEqual(one["number"], first["you"])
        self.assertTrue(one["drives"] and one["mayDrive"])
        self.assertFalse(two["drives"] or two["asks"])
        viewer = Viewer(self.factory)
        self.assertEqual(self.told(page)["count"], 3)
        self.factory.viewers[-1].rights = VIEW_ONLY
        self.assertEqual(
            [one["mayDrive"] for one in self.told(page)["viewers"]], [True, True, False]
        )
        viewer.disconnect()
        self.assertEqual(self.told(page)["count"], 2)
        quiet.heard()
        self.assertEqual(quiet.texts, [])
        page.vanish()
        self.assertEqual(self.factory.watchers, [])

    def test_gathered(self) -> None:
        """
        Many changes at once are one message.
        """
        page = self.browse()
        self.say(page, watch=True)
        self.say(page, watch=True)
        page.heard()
        before = len(page.texts)
        self.assertEqual(before, 1)
        for _ in range(20):
            Viewer(self.factory)
        self.assertEqual(self.told(page)["count"], 21)
        self.assertLess(len(page.texts) - before, 21)

    def test_many(self) -> None:
        """
        Of a crowd only some are listed, and who drives is one of them.
        """
        page = self.browse()
        for _ in range(60):
            Viewer(self.factory)
        last = self.factory.viewers[-1]
        self.factory.handOver(last)
        self.say(page, watch=True)
        told = self.told(page)
        self.assertEqual((told["count"], len(told["viewers"])), (61, 50))
        drivers = [one["number"] for one in told["viewers"] if one["drives"]]
        self.assertEqual(drivers, [last.number])

    def test_handOver(self) -> None:
        """
        Who asks is seen to ask, and drives when the driver says so; nobody else can.
        """
        driver, other, third = [self.browse() for _ in range(3)]
        for page in (driver, other, third):
            self.say(page, watch=True)
        self.say(other, ask=True)
        told = self.told(driver)
        self.assertEqual([one["asks"] for one in told["viewers"]], [False, True, False])
        number = told["viewers"][1]["number"]
        self.say(third, give=number)
        self.assertIn("Only who drives", self.told(third)["error"])
        self.say(driver, give=number)
        told = self.told(driver)
        self.assertEqual(
            [one["drives"] for one in told["viewers"]], [False, True, False]
        )
        self.assertFalse(any(one["asks"] for one in told["viewers"]))
        self.say(driver, give=number)
        self.assertIn("error", self.told(driver))
        self.say(other, give=4711)
        self.assertIn("no such viewer", self.told(other)["error"])

    def test_rights(self) -> None:
        """
        Who may only view can neither ask nor be handed anything.
        """
        driver, other = self.browse(), self.browse()
        watcher = self.factory.viewers[1]
        watcher.rights = VIEW_ONLY
        self.say(other, ask=True)
        self.assertIn("only view", self.told(other)["error"])
        self.say(driver, give=watcher.number)
        self.assertIn("may only view", self.told(driver)["error"])

    def test_everybody(self) -> None:
        """
        Where everybody drives there is nothing to be asked for.
        """
        self.factory.exclusive = False
        page = self.browse()
        self.say(page, watch=True)
        self.assertTrue(self.told(page)["viewers"][0]["drives"])
        self.say(page, ask=True)
        self.assertIn("already", self.told(page)["error"])

    def test_stranger(self) -> None:
        """
        Who has not logged in is told nothing, whatever it says.
        """
        page = Browser(self.resource, headers=dict(TALKS)).open()
        for message in ({"watch": True}, {"ping": 1}, {"ask": True}, {"give": 1}):
            self.say(page, **message)
        page.heard()
        self.assertEqual((page.texts, page.closed), ([], None))

    def test_parts(self) -> None:
        """
        Text may come in parts, with RFB between messages, but not without end.
        """
        page = self.browse()
        page.send(frame(b'{"pi', TEXT, fin=False), frame(b'ng": 1}', 0))
        self.assertEqual(self.told(page), {"pong": 1})
        page.send(frame(b'{"ping": ' + b"1" * 600, TEXT, fin=False))
        page.send(frame(b"1" * 600, 0, fin=False))
        self.clock.advance(1)
        page.heard()
        assert page.closed is not None
        self.assertEqual(page.closed[0], 1009)

    def test_wrong(self) -> None:
        """
        What is none of what a page may say ends its connection, and no other.
        """
        bystander = self.browse()
        for wrong in (
            *("", "1", "[]", "{}", '{"ping": "1"}', '{"watch": 1}', '{"give": true}'),
            *('{"kick": 1}', '{"ask": true, "ping": 1}', "[" * 1000, '{"give": 1.5}'),
        ):
            code = self.browse().codeAfter(wrong, self.clock)
            self.assertEqual(code, 1008, wrong)
        self.say(bystander, ping=3)
        self.assertEqual(self.told(bystander), {"pong": 3})

    @settings(max_examples=50, deadline=None)
    @given(st.text(max_size=200))
    def test_anything(self, text: str) -> None:
        """
        Whatever is said, nothing is raised.
        """
        page = self.browse()
        page.send(frame(text.encode("utf-8"), TEXT))
        self.clock.advance(1)
        page.heard()
        page.vanish()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_noRoom(self) -> None:
        """
        A page that reads nothing is told the newest when it reads again.
        """
        page = self.browse()
        self.say(page, watch=True)
        page.heard()
        page.transport.producer.pauseProducing()
        before = len(page.texts)
        Viewer(self.factory)
        self.clock.advance(1)
        Viewer(self.factory)
        self.clock.advance(1)
        page.heard()
        self.assertEqual(len(page.texts), before)
        page.transport.producer.resumeProducing()
        page.heard()
        self.assertEqual(len(page.texts), before + 1)
        self.assertEqual(json.loads(page.texts[-1])["count"], 3)
