# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.crop} and L{txrfb.framebuffers.scale}, with a viewer's
pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.machine import Clipboard, Desk, Elastic, Keyboard, Lights, Mouse, Switch
from txrfb.encodings import constants as c
from txrfb.framebuffers import CropFramebuffer, MemoryFramebuffer, ScaledFramebuffer
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import (
    IFramebuffer,
    IFramebufferListener,
    IInputReceiver,
    IResizable,
)
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer, assertScreen
from txrfb.testing.screens import difference


def noise(width: int, height: int) -> MemoryFramebuffer:
    """
    @return: A framebuffer of colors of which no two neighbors are the same.
    """
    framebuffer = MemoryFramebuffer(width, height, "noise")
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)
    framebuffer.paste(pixels)
    return framebuffer


class Refused(MemoryFramebuffer):
    """
    A framebuffer that fails once, and forgets then what was damaged.
    """

    fails = False

    def capture(self) -> Any:
        """
        Capture, or fail.
        """
        captured = super().capture()
        if self.fails:
            self.fails = False
            raise RuntimeError("once")
        return captured


class OverTestCase(SynchronousTestCase):
    """
    Something over a framebuffer, and a viewer of it.
    """

    def look(self, framebuffer: Any, application: Any = None, **options: Any) -> Viewer:
        """
        @return: A viewer.
        """
        verifyObject(IFramebuffer, framebuffer)
        verifyObject(IFramebufferListener, framebuffer)
        factory = RFBFactory(framebuffer, application, reactor=Clock())
        return Viewer(factory, **options)


class CropTests(OverTestCase):
    """
    A part of a framebuffer.
    """

    def setUp(self) -> None:
        self.beneath = noise(90, 60)
        self.crop = CropFramebuffer(self.beneath, (20, 10, 40, 30))

    def expected(self) -> Image.Image:
        """
        @return: What is to be seen.
        """
        x, y, width, height = self.crop.rectangle
        return self.beneath.toImage().crop((x, y, x + width, y + height))

    def test_seen(self) -> None:
        """
        It is seen, and what changes in it.
        """
        viewer = self.look(self.crop)
        self.assertEqual((viewer.size, viewer.name), ((40, 30), "noise"))
        assertScreen(viewer, self.expected())
        self.beneath.fill("red", (50, 30, 40, 30))
        assertScreen(viewer, self.expected())
        self.assertEqual(viewer.color(39, 29), "#ff0000")

    def test_outside(self) -> None:
        """
        What changes elsewhere is not sent, and costs viewers nothing.
        """
        viewer = self.look(self.crop)
        viewer.settle()
        before = len(viewer.updates)
        self.beneath.fill("red", (60, 0, 30, 60))
        viewer.settle()
        self.assertEqual(len(viewer.updates), before)

    def test_scroll(self) -> None:
        """
        What is copied inside of it is copied by viewers.
        """
        viewer = self.look(self.crop)
        viewer.settle()
        self.beneath.copy((0, 15, 90, 45), 0, 5)
        viewer.settle()
        assertScreen(viewer, self.expected())
        copies = [copy for update in viewer.updates for copy in update.copies]
        self.assertIn(10, [copy.y - copy.rectangle.y for copy in copies])

    def test_input(self) -> None:
        """
        Positions are those of the framebuffer beneath, for an application, too.
        """
        desk = Desk()
        viewer = self.look(CropFramebuffer(self.beneath, (20, 10, 40, 30), desk))
        viewer.click(5, 6)
        viewer.type("a")
        self.assertEqual(desk.heard[1], (25, 16, 1))
        self.assertEqual(desk.heard[-1], ("key", 97, False))

    def test_moved(self) -> None:
        """
        It can be moved, and have another size, while it is watched.
        """
        viewer = self.look(self.crop)
        self.crop.rectangle = Rectangle(0, 0, 40, 30)
        assertScreen(viewer, self.expected())
        self.crop.rectangle = Rectangle(30, 20, 60, 40)
        assertScreen(viewer, self.expected())
        error = self.assertRaises(
            ValueError, setattr, self.crop, "rectangle", (90, 0, 5, 5)
        )
        self.assertIn("90x60", str(error))
        self.assertEqual(self.crop.rectangle, (30, 20, 60, 40))

    def test_clipped(self) -> None:
        """
        It is no larger than what there is: when the framebuffer shrinks it shrinks, and
        when nothing is left viewers keep what they have until something is.
        """
        viewer = self.look(self.crop)
        self.beneath.resize(50, 60)
        viewer.settle()
        self.assertEqual(viewer.size, (30, 30))
        self.beneath.resize(10, 60)
        viewer.advance(1)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.beneath.resize(90, 60)
        self.beneath.fill("lime")
        viewer.waitFor(lambda: viewer.size == (40, 30), 20)
        viewer.waitFor(lambda: viewer.color(39, 29) == "#00ff00", 20)

    def test_notInside(self) -> None:
        """
        A rectangle outside, or none at all, is refused.
        """
        for area in ((90, 0, 5, 5), (0, 0, 0, 5)):
            error = self.assertRaises(ValueError, CropFramebuffer, self.beneath, area)
            self.assertIn("is inside of the 90x60 pixels", str(error))
        wrong: Any = (1, 2)
        self.assertRaises(ValueError, CropFramebuffer, self.beneath, wrong)

    def test_copiedElsewhere(self) -> None:
        """
        Copies from outside are none, and those that are partly inside are cut.
        """
        told: list[Any] = []

        class Listener:
            def copied(self, *copy: Any) -> None:
                told.append(copy)

        listener: Any = Listener()
        self.crop.addListener(listener)
        self.crop.copied(Rectangle(20, 10, 5, 5), 60, 10)
        self.crop.copied(Rectangle(0, 0, 5, 5), 20, 10)
        self.assertEqual(told, [])
        self.crop.copied(Rectangle(15, 10, 20, 5), 25, 12)
        self.assertEqual(told, [(Rectangle(0, 0, 15, 5), 10, 2)])


class ScaleTests(OverTestCase):
    """
    A framebuffer in another size.
    """

    def test_half(self) -> None:
        """
        Each pixel is the average of those that it stands for.
        """
        beneath = noise(80, 60)
        viewer = self.look(ScaledFramebuffer(beneath, 0.5))
        self.assertEqual(viewer.size, (40, 30))
        pixels = np.asarray(beneath.toImage()).astype(float)
        average = pixels.reshape(30, 2, 40, 2, 3).mean((1, 3))
        expected = Image.fromarray((average + 0.5).astype(np.uint8))
        assertScreen(viewer, expected, tolerance=1)
        beneath.fill("white", (11, 11, 3, 3))
        viewer.settle()
        self.assertEqual(viewer.color(6, 6), "#ffffff")

    def test_larger(self) -> None:
        """
        What is larger stays sharp.
        """
        beneath = noise(30, 20)
        viewer = self.look(ScaledFramebuffer(beneath, 3))
        expected = beneath.toImage().resize((90, 60), Image.Resampling.NEAREST)
        assertScreen(viewer, expected)

    def test_within(self) -> None:
        """
        It may be as large as fits, and is so whatever the size beneath becomes.
        """
        beneath = noise(100, 50)
        scaled = ScaledFramebuffer(beneath, within=(60, 60))
        viewer = self.look(scaled)
        self.assertEqual(viewer.size, (60, 30))
        beneath.resize(20, 40)
        beneath.fill("red")
        viewer.settle()
        self.assertEqual((viewer.size, viewer.color(29, 59)), ((30, 60), "#ff0000"))
        beneath.resize(100, 50)
        viewer.settle()
        self.assertEqual(viewer.size, (60, 30))

    def test_resizedAsleep(self) -> None:
        """
        A change of size while nobody looks is seen by who comes next.
        """
        beneath = noise(100, 50)
        viewer = self.look(ScaledFramebuffer(beneath, 0.5))
        viewer.disconnect()
        viewer.advance(1)
        beneath.resize(60, 40)
        beneath.fill("red")
        assert viewer.server is not None
        factory: Any = viewer.server.factory
        other = Viewer(factory)
        other.settle()
        self.assertEqual((other.size, other.color(29, 19)), ((30, 20), "#ff0000"))

    def test_onlyChanged(self) -> None:
        """
        Only what changed is scaled, and told of.
        """
        beneath = noise(300, 201)
        scaled = ScaledFramebuffer(beneath, 1 / 3)
        self.successResultOf(scaled.capture())
        beneath.damage((31, 31, 3, 2))
        region = self.successResultOf(scaled.capture())
        self.assertEqual(region, Region([Rectangle(10, 10, 2, 1)]))
        beneath.damage((0, 0, 0, 0))
        self.assertFalse(self.successResultOf(scaled.capture()))

    @settings(deadline=None, max_examples=60)
    @given(
        st.integers(1, 70),
        st.integers(1, 70),
        st.floats(0.05, 3),
        st.lists(st.tuples(*[st.integers(0, 70)] * 4), max_size=4),
    )
    def test_parts(
        self, width: int, height: int, factor: float, damage: list[Any]
    ) -> None:
        """
        What is scaled in parts looks as if all had been scaled at a time, but for what
        is rounded the other way.
        """
        beneath = noise(width, height)
        scaled = ScaledFramebuffer(beneath, factor)
        self.successResultOf(scaled.capture())
        for area in damage:
            beneath.fill("orange", area)
            self.successResultOf(scaled.capture())
        whole = ScaledFramebuffer(beneath, factor)
        self.successResultOf(whole.capture())
        ours, theirs = (
            Image.frombytes("RGBX", (one.width, one.height), one.pixels.tobytes())
            for one in (scaled, whole)
        )
        found = difference(ours, theirs, tolerance=1)
        self.assertTrue(found is None or found.pixels <= ours.width + ours.height)

    def test_outage(self) -> None:
        """
        What a framebuffer forgets when it fails is seen all the same.
        """
        beneath = Refused(40, 40)
        viewer = self.look(ScaledFramebuffer(beneath, 0.5))
        beneath.fails = True
        beneath.fill("red")
        viewer.waitFor(lambda: viewer.color(5, 5) == "#ff0000", 5)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_positions(self) -> None:
        """
        Positions are in the middle of what a pixel stands for, and motions as long as
        they are beneath.
        """
        for factor, seen, meant in (
            (0.5, (10, 12), (21, 25)),
            (3, (10, 12), (3, 4)),
            (0.5, (39, 29), (79, 59)),
        ):
            desk = Desk()
            scaled = ScaledFramebuffer(noise(80, 60), factor, application=desk)
            viewer = self.look(scaled)
            viewer.click(*seen)
            self.assertEqual(desk.heard[-1], (*meant, 0))
        mouse = Mouse()
        scaled = ScaledFramebuffer(noise(80, 60), 0.5, application=mouse)
        scaled.pointerMotion(3, -2, 0, viewer.server)  # type: ignore[arg-type]
        self.assertEqual(mouse.heard, [(6, -4, 0)])

    def test_cursor(self) -> None:
        """
        The pointer is as much smaller, and points at the same.
        """
        beneath = noise(80, 60)
        beneath.setCursor(Image.new("RGBA", (16, 12), "red"), (8, 11))
        viewer = self.look(ScaledFramebuffer(beneath, 0.5))
        assert viewer.cursor is not None
        self.assertEqual(viewer.cursor[:4], (8, 6, 4, 5))
        self.assertEqual(viewer.cursor.pixels[:4], b"\0\0\xff\xff")
        beneath.setCursor(None)
        beneath.setCursor(Image.new("RGBA", (1, 1), "lime"))
        viewer.settle()
        self.assertEqual(viewer.cursor[:4], (1, 1, 0, 0))

    def test_pointerMoved(self) -> None:
        """
        The server's own motions of the pointer are mapped, too.
        """
        beneath = noise(80, 60)
        viewer = self.look(
            ScaledFramebuffer(beneath, 0.5), encodings=[0, c.VMWARE_CURSOR_POSITION]
        )
        beneath.movePointer(40, 30)
        viewer.settle()
        self.assertEqual(viewer.client.pointer, (20, 15))

    def test_sizeRequested(self) -> None:
        """
        Who asks for another size gets it, if the framebuffer beneath agrees.
        """
        beneath = noise(80, 60)
        scaled = ScaledFramebuffer(beneath, 0.5, application=Elastic(beneath))
        viewer = self.look(scaled, encodings=[0, c.EXTENDED_DESKTOP_SIZE])
        viewer.client.setDesktopSize(50, 20)
        viewer.settle()
        self.assertEqual((beneath.width, beneath.height), (100, 40))
        self.assertEqual(viewer.size, (50, 20))
        fitting = ScaledFramebuffer(beneath, None, (9, 9), Elastic(beneath))
        self.assertFalse(fitting.sizeRequested(5, 5, None))  # type: ignore[arg-type]
        self.assertFalse(scaled.sizeRequested(65535, 5, None))  # type: ignore[arg-type]

    def test_wrong(self) -> None:
        """
        There are no sizes of nothing, and none that are too large.
        """
        beneath = noise(80, 60)
        for options in (
            {},
            {"factor": 0.5, "within": (5, 5)},
            {"factor": 0},
            {"factor": float("nan")},
            {"factor": 1e5},
            {"within": (0, 5)},
        ):
            made: Any = ScaledFramebuffer
            self.assertRaises(ValueError, made, beneath, **options)


class HandedOnTests(OverTestCase):
    """
    What else there is of an application.
    """

    def test_each(self) -> None:
        """
        What the application or the framebuffer beneath takes is handed on, and nothing
        else is offered.
        """
        beneath = MemoryFramebuffer(20, 20)
        bare = CropFramebuffer(beneath, (0, 0, 5, 5))
        self.assertFalse(IInputReceiver.providedBy(bare))
        for part in (Desk(), Keyboard(), Mouse(), Clipboard(), Switch(), Lights()):
            over = CropFramebuffer(beneath, (0, 0, 5, 5), part)
            factory = RFBFactory(over, reactor=Clock())
            direct = RFBFactory(beneath, part, reactor=Clock())
            self.assertEqual(factory.application.pseudo, direct.application.pseudo)
        elastic = CropFramebuffer(beneath, (0, 0, 5, 5), Elastic(beneath))
        self.assertFalse(IResizable.providedBy(elastic))

    def test_others(self) -> None:
        """
        Keys by code, text, power, lights and news of the audience arrive.
        """
        beneath: Any = framebufferFromString(Clock(), "testcard:300x200:still")
        keyboard, switch, lights = Keyboard(), Switch(), Lights()
        for part in (keyboard, switch, lights):
            crop = CropFramebuffer(beneath, (0, 0, 200, 100), part)
            viewer = self.look(crop, encodings=[0, c.QEMU_EXTENDED_KEY, c.XVP])
            viewer.settle()
            self.assertEqual(beneath._viewers, (viewer.server,))
            viewer.paste("hello")
            self.assertEqual(beneath._cut, "hello")
            if part is keyboard:
                viewer.client.keycodeEvent(30, 97, True)
                viewer.settle()
                self.assertEqual(keyboard.heard, [("code", 30, 97, True)])
            viewer.disconnect()
            viewer.advance(1)
            self.assertEqual(beneath._viewers, ())
        self.assertEqual(crop.leds, lights.leds)

    def test_mistake(self) -> None:
        """
        An application that says nothing of its interfaces is refused at once.
        """

        class Keys:
            def keyEvent(self, keysym: int, down: bool, viewer: object) -> None: ...

        beneath = MemoryFramebuffer(20, 20)
        error = self.assertRaises(
            ValueError, CropFramebuffer, beneath, (0, 0, 5, 5), Keys()
        )
        self.assertIn("@implementer(interfaces.IInputReceiver)", str(error))

    def test_announced(self) -> None:
        """
        Names, bells and text of the framebuffer beneath arrive, as long as somebody
        looks.
        """
        beneath = noise(80, 60)
        viewer = self.look(CropFramebuffer(beneath, (0, 0, 20, 20)))
        beneath.name = "other"
        beneath.bell()
        beneath.cutText("copied")
        viewer.settle()
        self.assertEqual(
            (viewer.name, viewer.bells, viewer.clipboard), ("other", 1, "copied")
        )
        viewer.disconnect()
        viewer.advance(1)
        self.assertEqual(list(beneath.listeners()), [])

    def test_nested(self) -> None:
        """
        A part of something scaled is possible, too, also by name.
        """
        card: Any = framebufferFromString(
            Clock(), "scale:0.5:crop:100,50,200,100:testcard:640x480:still"
        )
        viewer = self.look(card)
        self.assertEqual(viewer.size, (100, 50))
        inner = card.beneath.beneath
        part = inner.toImage().crop((100, 50, 300, 150))
        expected = part.resize((100, 50), Image.Resampling.BOX)
        assertScreen(viewer, expected, tolerance=1)
        viewer.move(10, 10)
        [pointer] = inner._pointers.values()
        self.assertEqual((pointer.x, pointer.y), (121, 71))

    def test_names(self) -> None:
        """
        What does not describe one says what does.
        """
        for text, words in (
            ("crop", "expected crop:X,Y,WIDTH,HEIGHT:KIND"),
            ("crop:1,2,3:testcard", "'1,2,3' is no rectangle"),
            ("crop:1,2,3,4", "expected crop:"),
            ("crop:1,2,3,4:nothing", "there is no kind 'nothing'"),
            ("crop:5000,2,3,4:testcard", "is inside of the 1024x768 pixels"),
            ("scale", "expected scale:FACTOR"),
            ("scale:0:testcard", "'0' is no factor above 0"),
            ("scale:half:testcard", "'half' is no factor"),
            ("scale:inf:testcard", "'inf' is no factor"),
            ("scale:0.5", "expected scale:"),
            ("scale:99999x1:testcard", "from 1 to 65535"),
            ("scale:1000:testcard", "1024000x768000 pixels"),
        ):
            error = self.assertRaises(ValueError, framebufferFromString, Clock(), text)
            self.assertIn(words, str(error))
