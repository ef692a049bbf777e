# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.framebuffers.image}.
"""

from __future__ import annotations

import os
import struct
from io import BytesIO
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, features
from PIL.GifImagePlugin import GifImageFile
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.framebuffers.test_memory import Told
from txrfb.framebuffers import image as imageModule
from txrfb.framebuffers.image import ImageFramebuffer, framebufferFromString
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import IFramebuffer

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


class ImageCase(SynchronousTestCase):
    """
    Pictures in files, on a clock that stands still.
    """

    def setUp(self) -> None:
        """
        Choose a file.
        """
        self.clock = Clock()
        # trial's own directories would be left behind where pytest is run.
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "picture")
        self.age = 1_000_000_000

    def write(self, data: bytes) -> None:
        """
        Write the file, at another time than before.
        """
        with open(self.path, "wb") as file:
            file.write(data)
        self.age += 1
        os.utime(self.path, (self.age, self.age))

    def save(
        self,
        *frames: Image.Image | tuple[int, ...],
        format: str = "PNG",
        **options: Any,
    ) -> None:
        """
        Write pictures, or plain ones of 8x6 pixels and the given colors.
        """
        self.write(encoded(*frames, format=format, **options))

    def shown(self, **options: Any) -> ImageFramebuffer:
        """
        @return: A framebuffer with the file.
        """
        framebuffer = ImageFramebuffer(self.clock, self.path, **options)
        self.addCleanup(framebuffer.pauseProducing)
        return framebuffer

    def color(
        self, framebuffer: ImageFramebuffer, x: int = 2, y: int = 2
    ) -> tuple[int, ...]:
        """
        Take the frame as a viewer does.

        @return: The color of a pixel.
        """
        self.successResultOf(framebuffer.capture())
        blue, green, red, padding = framebuffer.array[y, x].tolist()
        self.assertEqual(padding, 0)
        return red, green, blue

    def film(self, framebuffer: ImageFramebuffer, steps: int, step: float) -> list[Any]:
        """
        @return: The colors that are seen at regular times from now on.
        """
        framebuffer.resumeProducing()
        colors = []
        for _ in range(steps):
            colors.append(self.color(framebuffer))
            self.clock.advance(step)
        return colors


def encoded(
    *frames: Image.Image | tuple[int, ...], format: str = "PNG", **options: Any
) -> bytes:
    """
    @return: A file.
    """
    images = [
        frame if isinstance(frame, Image.Image) else Image.new("RGB", (8, 6), frame)
        for frame in frames
    ]
    if len(images) > 1:
        options.update(save_all=True, append_images=images[1:])
    file = BytesIO()
    images[0].save(file, format, **options)
    return file.getvalue()


class PictureTests(ImageCase):
    """
    Pictures that stand still.
    """

    def test_interface(self) -> None:
        """
        It is a framebuffer, has no cursor, and the file's name.
        """
        self.save(RED)
        framebuffer = self.shown()
        verifyObject(IFramebuffer, framebuffer)
        self.assertIsNone(framebuffer.cursor)
        self.assertEqual(framebuffer.name, os.path.basename(self.path))
        self.assertEqual(self.shown(name="mine").name, "mine")

    def test_pixels(self) -> None:
        """
        The framebuffer has the picture's size and its very pixels, and is all
        damaged at first.
        """
        rng = np.random.default_rng(5)
        pixels = rng.integers(0, 256, (20, 30, 3), np.uint8)
        self.save(Image.fromarray(pixels))
        framebuffer = self.shown()
        self.assertEqual((framebuffer.width, framebuffer.height), (30, 20))
        self.assertTrue((framebuffer.array[..., 2::-1] == pixels).all())
        region = self.successResultOf(framebuffer.capture())
        self.assertEqual(region, Region([Rectangle(0, 0, 30, 20)]))

    def test_modes(self) -> None:
        """
        Pictures of all modes are shown in their colors.
        """
        gray = Image.new("L", (8, 6), 100)
        for image, color in (
            (gray, (100, 100, 100)),
            (gray.convert("RGB").quantize(4), (100, 100, 100)),
            (Image.new("1", (8, 6), 1), (255, 255, 255)),
            (Image.fromarray(np.full((6, 8), 0x8040, np.uint16)), (128, 128, 128)),
        ):
            self.save(image)
            self.assertEqual(self.color(self.shown()), color)
        for image, color in (
            (Image.new("CMYK", (8, 6), (0, 255, 255, 0)), RED),
            (Image.fromarray(np.full((6, 8), 200, np.int32)), (200, 200, 200)),
        ):
            self.save(image, format="TIFF")
            self.assertEqual(self.color(self.shown()), color)

    def test_jpeg(self) -> None:
        """
        A JPEG is shown as Pillow decodes it.
        """
        self.save((200, 100, 50), format="JPEG")
        with Image.open(self.path) as image:
            expected = image.convert("RGB").getpixel((2, 2))
        self.assertEqual(self.color(self.shown()), expected)

    def test_orientation(self) -> None:
        """
        A photograph is upright, however the camera was held.
        """
        photo = Image.new("RGB", (8, 6), BLUE)
        photo.paste(RED, (0, 0, 1, 6))
        exif = Image.Exif()
        exif[0x0112] = 6
        self.save(photo, exif=exif)
        framebuffer = self.shown()
        self.assertEqual((framebuffer.width, framebuffer.height), (6, 8))
        self.assertEqual(self.color(framebuffer, 3, 0), RED)
        self.assertEqual(self.color(framebuffer, 3, 1), BLUE)

    def test_transparency(self) -> None:
        """
        What is transparent shows the background.
        """
        self.save(Image.new("RGBA", (8, 6), (255, 0, 0, 0)))
        self.assertEqual(self.color(self.shown()), (0, 0, 0))
        self.assertEqual(self.color(self.shown(background="#00ff00")), GREEN)
        self.assertEqual(self.color(self.shown(background=BLUE)), BLUE)
        palette = Image.new("P", (8, 6), 0)
        palette.putpalette([255, 0, 0])
        self.save(palette, transparency=0)
        self.assertEqual(self.color(self.shown(background=BLUE)), BLUE)

    def test_translucency(self) -> None:
        """
        What is translucent is mixed with it.
        """
        self.save(Image.new("RGBA", (8, 6), (255, 0, 0, 51)))
        self.assertEqual(self.color(self.shown(background=BLUE)), (51, 0, 204))

    def test_size(self) -> None:
        """
        With a size of its own, the framebuffer shows the whole picture as large
        as fits, in the middle.
        """
        self.save(RED)
        framebuffer = self.shown(size=(16, 40), background=BLUE)
        self.assertEqual((framebuffer.width, framebuffer.height), (16, 40))
        column = [self.color(framebuffer, 8, y) for y in range(40)]
        self.assertEqual(column, [BLUE] * 14 + [RED] * 12 + [BLUE] * 14)

    def test_still(self) -> None:
        """
        A picture that stands still is not painted twice.
        """
        self.save(RED)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.successResultOf(framebuffer.capture())
        self.clock.pump([1] * 5)
        self.assertFalse(self.successResultOf(framebuffer.capture()))

    def test_onlyAnimations(self) -> None:
        """
        The second picture in a file is not shown if it is not a frame: in a
        JPEG it is a thumbnail or the other eye's view.
        """
        self.save(RED, BLUE, format="MPO")
        colors = self.film(self.shown(), 5, 1)
        self.assertEqual(len(set(colors)), 1)


class BrokenTests(ImageCase):
    """
    Files that cannot be shown.
    """

    def refused(self) -> str:
        """
        @return: Why the file is not shown, after its path.
        """
        with self.assertRaises(ValueError) as caught:
            self.shown()
        path, _, reason = str(caught.exception).partition(" cannot be shown: ")
        self.assertEqual(path, self.path)
        return reason

    def test_missing(self) -> None:
        """
        A file that is not there is refused as the system says it.
        """
        self.assertEqual(self.refused(), "No such file or directory")

    def test_directory(self) -> None:
        """
        So is a directory.
        """
        os.mkdir(self.path)
        self.assertEqual(self.refused(), "Is a directory")

    def test_noPicture(self) -> None:
        """
        A file that is not a picture is refused.
        """
        self.write(b"hello")
        self.assertEqual(self.refused(), "it is not a picture that Pillow knows")

    def test_truncated(self) -> None:
        """
        Half a picture is refused.
        """
        noise = np.random.default_rng(1).integers(0, 256, (50, 50, 3), np.uint8)
        self.write(encoded(Image.fromarray(noise))[:3000])
        self.assertIn("truncated", self.refused())

    def test_notAFile(self) -> None:
        """
        A pipe, which would be waited for, a device or a directory is no picture.
        """
        os.mkfifo(self.path)
        self.assertIn("not an ordinary file", self.refused())
        os.unlink(self.path)
        os.mkdir(self.path)
        self.assertIn("directory", self.refused())
        with self.assertRaises(ValueError):
            ImageFramebuffer(self.clock, "/dev/zero")

    def test_becomesAPipe(self) -> None:
        """
        If the file becomes a pipe or a bomb, the picture stays; nobody waits.
        """
        self.save(RED)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        os.unlink(self.path)
        os.mkfifo(self.path)
        with capturedLogs() as events:
            self.clock.advance(1)
            self.clock.advance(1)
        self.assertEqual(len(events), 1)
        self.assertEqual(self.color(framebuffer), RED)
        os.unlink(self.path)
        self.save(GREEN)
        self.clock.advance(1)
        self.assertEqual(self.color(framebuffer), GREEN)

    def test_long(self) -> None:
        """
        A file that is too long is not read, whatever it begins with.
        """
        self.save(RED)
        os.truncate(self.path, 3 << 30)
        self.assertIn("3221225472 bytes", self.refused())

    def test_laterBomb(self) -> None:
        """
        Nor are further pages decoded that are too large.
        """
        self.patch(imageModule, "_MAX_PIXELS", 100)
        self.save(Image.new("RGB", (5, 5)), Image.new("RGB", (50, 50)), format="TIFF")
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        framebuffer.capture()
        self.clock.advance(1)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_enlargingFrame(self) -> None:
        """
        Nor is a frame of an animation that makes the picture larger than that: the one
        before it stays.
        """
        data = bytearray(encoded(RED, GREEN, format="GIF", duration=100, disposal=1))
        # The image descriptor of the second frame: column, row, width, height.
        at = data.rindex(b"\x2c\0\0\0\0\x08\0\x06\0")
        data[at + 5 : at + 9] = struct.pack("<HH", 9000, 9000)
        self.write(bytes(data))
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        for _ in range(3):
            self.assertEqual(self.color(framebuffer), RED)
            self.clock.advance(0.1)
        [failure] = self.flushLoggedErrors(ValueError)
        self.assertIn("9000x9000 pixels", failure.getErrorMessage())
        self.assertEqual((framebuffer.width, framebuffer.height), (8, 6))

    def test_bomb(self) -> None:
        """
        A small file of very many pixels is refused before they are decoded.
        """
        self.save(Image.new("1", (10000, 10000)))
        self.assertIn("decompression bomb", self.refused())

    def test_tooWide(self) -> None:
        """
        A picture that is wider than a framebuffer can be is refused.
        """
        self.save(Image.new("1", (65536, 1)))
        self.assertIn("65536x1", self.refused())

    def test_badSize(self) -> None:
        """
        A framebuffer cannot have any size.
        """
        self.save(RED)
        self.assertRaises(ValueError, self.shown, size=(0, 5))


class AnimationTests(ImageCase):
    """
    Pictures that move.
    """

    def test_gif(self) -> None:
        """
        Frames of a GIF are shown for as long as each says, over and over.
        """
        self.save(RED, GREEN, BLUE, format="GIF", duration=[100, 200, 100])
        colors = self.film(self.shown(), 9, 0.1)
        once = [RED, GREEN, GREEN, BLUE]
        self.assertEqual(colors, [*once, *once, RED])

    def test_formats(self) -> None:
        """
        So are those of an animated PNG and WebP; pages of a TIFF take a second
        each.
        """
        cases: list[tuple[str, float, dict[str, Any]]] = [
            ("PNG", 0.05, {"duration": 50}),
            ("TIFF", 1.0, {}),
        ]
        if features.check("webp"):
            cases.append(("WEBP", 0.05, {"duration": 50, "lossless": True}))
        for format, step, options in cases:
            self.save(RED, GREEN, BLUE, format=format, **options)
            framebuffer = self.shown()
            colors = self.film(framebuffer, 5, step)
            framebuffer.pauseProducing()
            self.assertEqual(colors, [RED, GREEN, BLUE, RED, GREEN], format)

    def test_defaultImage(self) -> None:
        """
        The picture in an animated PNG that is meant for those who cannot show
        animations is not shown.
        """
        self.save(RED, GREEN, BLUE, duration=100, default_image=True)
        colors = self.film(self.shown(), 4, 0.1)
        self.assertEqual(colors, [GREEN, BLUE, GREEN, BLUE])

    def test_noTime(self) -> None:
        """
        Frames that ask for no time get a tenth of a second.
        """
        self.save(RED, GREEN, format="GIF", duration=0)
        colors = self.film(self.shown(), 4, 0.05)
        self.assertEqual(colors, [RED, RED, GREEN, GREEN])

    def test_pagesOfOtherSizes(self) -> None:
        """
        Pages are fitted into the size of the first.
        """
        self.save(
            Image.new("RGB", (8, 6), RED),
            Image.new("RGB", (6, 6), BLUE),
            format="TIFF",
        )
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.successResultOf(framebuffer.capture())
        self.clock.advance(1)
        self.assertEqual((framebuffer.width, framebuffer.height), (8, 6))
        row = [self.color(framebuffer, x, 3) for x in range(8)]
        self.assertEqual(row, [(0, 0, 0), *[BLUE] * 6, (0, 0, 0)])

    def test_late(self) -> None:
        """
        A frame that comes a little late does not make the next ones late, and a
        long pause of the whole program is not made up for.
        """
        self.save(RED, GREEN, BLUE, format="GIF", duration=100)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.advance(0.13)
        self.assertEqual(self.color(framebuffer), GREEN)
        self.clock.advance(0.07)
        self.assertEqual(self.color(framebuffer), BLUE)
        self.clock.advance(10.05)
        self.assertEqual(self.color(framebuffer), RED)

    def test_noHurry(self) -> None:
        """
        A frame stays until some viewer has taken it.
        """
        self.save(RED, GREEN, BLUE, format="GIF", duration=100)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.pump([0.1] * 7)
        self.assertEqual(self.color(framebuffer), GREEN)
        self.clock.advance(0.1)
        self.assertEqual(self.color(framebuffer), BLUE)

    def test_rest(self) -> None:
        """
        Nothing moves while nobody watches, and the frame goes on being shown for
        its time when somebody does.
        """
        self.save(RED, GREEN, format="GIF", duration=100)
        framebuffer = self.shown()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        framebuffer.resumeProducing()
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.advance(0.1)
        framebuffer.pauseProducing()
        framebuffer.pauseProducing()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.color(framebuffer), GREEN)
        framebuffer.resumeProducing()
        self.clock.advance(0.09)
        self.assertEqual(self.color(framebuffer), GREEN)
        self.clock.advance(0.01)
        self.assertEqual(self.color(framebuffer), RED)

    def test_kept(self) -> None:
        """
        Frames that were decoded are kept as long as they are small together,
        and decoded again otherwise; they look the same.
        """
        sought: list[int] = []
        seek = GifImageFile.seek

        def counted(image: GifImageFile, frame: int) -> None:
            sought.append(frame)
            seek(image, frame)

        self.patch(GifImageFile, "seek", counted)
        frames = [(n * 20, 0, 0) for n in range(12)]
        self.save(*frames, format="GIF", duration=100)
        for limit, decoded in (
            (imageModule._CACHE, 0),
            (3 * 8 * 6 * 4, 9),
            (0, 12),
        ):
            self.patch(imageModule, "_CACHE", limit)
            framebuffer = self.shown()
            self.assertEqual(self.film(framebuffer, 18, 0.1), (frames * 2)[:18])
            # Once more round.
            sought.clear()
            colors = self.film(framebuffer, 12, 0.1)
            framebuffer.pauseProducing()
            self.assertEqual(colors, (frames * 3)[18:30])
            self.assertEqual(len(sought), decoded)

    def test_brokenFrame(self) -> None:
        """
        At a frame that is broken the animation stops, and says so in the log;
        the file is still looked at.
        """
        noise = np.random.default_rng(1).integers(0, 256, (3, 60, 60, 3), np.uint8)
        frames = [Image.fromarray(frame) for frame in noise]
        data = encoded(*frames, format="PNG", duration=100)
        half = len(data) * 55 // 100
        self.write(data[:half] + bytes(len(data) - half))
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        for _ in range(5):
            self.color(framebuffer)
            self.clock.advance(0.1)
        self.assertEqual(len(self.flushLoggedErrors()), 1)
        self.save(GREEN)
        self.clock.advance(1)
        self.assertEqual(self.color(framebuffer), GREEN)


class ReloadTests(ImageCase):
    """
    Files that change.
    """

    def setUp(self) -> None:
        """
        Show a red picture to somebody.
        """
        super().setUp()
        self.save(RED)
        self.framebuffer = self.shown()
        self.framebuffer.resumeProducing()
        self.assertEqual(self.color(self.framebuffer), RED)
        self.told = Told()
        self.framebuffer.addListener(self.told)

    def test_changed(self) -> None:
        """
        A file that changed is shown within a second.
        """
        self.save(BLUE)
        self.clock.advance(1)
        self.assertEqual(self.told.events, ["damaged"])
        self.assertEqual(self.color(self.framebuffer), BLUE)

    def test_replaced(self) -> None:
        """
        So is another file of the same age and size that took its place.
        """
        os.rename(self.path, self.path + ".old")
        self.age -= 1
        self.save(BLUE)
        self.clock.advance(1)
        self.assertEqual(self.color(self.framebuffer), BLUE)

    def test_otherSize(self) -> None:
        """
        A picture of another size gives the framebuffer its size.
        """
        self.save(Image.new("RGB", (20, 10), BLUE))
        self.clock.advance(1)
        self.assertEqual(self.told.events, ["resized", "damaged"])
        size = self.framebuffer.width, self.framebuffer.height
        self.assertEqual(size, (20, 10))
        self.assertEqual(self.color(self.framebuffer, 19, 9), BLUE)

    def test_fixedSize(self) -> None:
        """
        A framebuffer with a size of its own keeps it.
        """
        framebuffer = self.shown(size=(30, 30))
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.save(Image.new("RGB", (20, 10), BLUE))
        self.clock.advance(1)
        self.assertEqual((framebuffer.width, framebuffer.height), (30, 30))
        self.assertEqual(self.color(framebuffer, 15, 15), BLUE)

    def test_animation(self) -> None:
        """
        A picture may become an animation and a picture again.
        """
        self.save(GREEN, BLUE, format="GIF", duration=100)
        self.clock.advance(1)
        self.assertEqual(self.color(self.framebuffer), GREEN)
        self.clock.advance(0.1)
        self.assertEqual(self.color(self.framebuffer), BLUE)
        self.save(RED)
        self.clock.advance(0.9)
        self.clock.advance(0.1)
        self.assertEqual(self.color(self.framebuffer), RED)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_unreadable(self) -> None:
        """
        A file that is half written leaves the old picture, with one warning in
        the log, until it is whole.
        """
        whole = encoded(BLUE)
        with capturedLogs() as events:
            for length in (0, 10, len(whole) // 2):
                self.write(whole[:length])
                self.clock.pump([1, 1])
                self.assertEqual(self.color(self.framebuffer), RED)
        warnings = [event for event in events if "reason" in event]
        self.assertEqual(len(warnings), 1)
        self.assertIn(self.path, warnings[0]["reason"])
        self.write(whole)
        self.clock.advance(1)
        self.assertEqual(self.color(self.framebuffer), BLUE)
        with capturedLogs() as events:
            self.write(b"")
            self.clock.advance(1)
        self.assertEqual(len([event for event in events if "reason" in event]), 1)

    def test_gone(self) -> None:
        """
        A file that is gone leaves the old picture, without a word: it may be
        about to be replaced.
        """
        os.remove(self.path)
        with capturedLogs() as events:
            self.clock.pump([1, 1])
        self.assertEqual(events, [])
        self.save(BLUE)
        self.clock.advance(1)
        self.assertEqual(self.color(self.framebuffer), BLUE)

    def test_notWatched(self) -> None:
        """
        The file is left alone while nobody watches, and is looked at when
        somebody comes.
        """
        self.framebuffer.pauseProducing()
        self.save(BLUE)
        self.clock.advance(10)
        self.assertEqual(self.color(self.framebuffer), RED)
        self.framebuffer.resumeProducing()
        self.assertEqual(self.color(self.framebuffer), BLUE)

    def test_interval(self) -> None:
        """
        How often it is looked at can be chosen.
        """
        framebuffer = self.shown(interval=0.25)
        framebuffer.resumeProducing()
        self.save(BLUE)
        self.clock.advance(0.25)
        self.assertEqual(self.color(framebuffer), BLUE)


class StringTests(ImageCase):
    """
    Tests for L{framebufferFromString}.
    """

    def test_path(self) -> None:
        """
        A path alone gives the picture's size.
        """
        self.save(RED)
        framebuffer = framebufferFromString(self.clock, self.path)
        self.assertEqual((framebuffer.width, framebuffer.height), (8, 6))

    def test_size(self) -> None:
        """
        A size may follow it.
        """
        self.save(RED)
        framebuffer = framebufferFromString(self.clock, self.path + ":30x20")
        self.assertEqual((framebuffer.width, framebuffer.height), (30, 20))

    def test_largerThanAScreen(self) -> None:
        """
        A photograph is scaled into a screen, in its shape; unless it is to be full, or
        has a size of its own.
        """
        for size, shown in (
            ((2400, 1600), (1620, 1080)),
            ((1080, 1440), (810, 1080)),
            ((5000, 10), (1920, 4)),
            ((9000, 1), (1920, 1)),
            ((1920, 1080), (1920, 1080)),
            ((1921, 1080), (1920, 1079)),
        ):
            Image.new("RGB", size, RED).save(self.path, "PNG")
            framebuffer = framebufferFromString(self.clock, self.path)
            self.assertEqual((framebuffer.width, framebuffer.height), shown)
            self.assertEqual(self.color(framebuffer, 0, 0), RED)
            for name, wanted in ((":full", size), (":2000x30", (2000, 30))):
                framebuffer = framebufferFromString(self.clock, self.path + name)
                self.assertEqual((framebuffer.width, framebuffer.height), wanted)

    def test_largest(self) -> None:
        """
        In a program nothing is scaled unless it is said; every picture of an animation
        is, and one that comes later is scaled to the size that it has then.
        """
        self.save(RED, BLUE, format="GIF", duration=100)
        framebuffer = self.shown(largest=(4, 4))
        self.assertEqual((framebuffer.width, framebuffer.height), (4, 3))
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.advance(0.1)
        self.assertEqual(self.color(framebuffer), BLUE)
        self.assertEqual((framebuffer.width, framebuffer.height), (4, 3))
        self.assertEqual(self.shown().width, 8)
        self.assertRaises(ValueError, self.shown, largest=(0, 4))

    def test_colon(self) -> None:
        """
        A path may have colons in it, and a size for its name.
        """
        directory = os.path.dirname(self.path)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(directory)
        for path in ("a:b", "9x9"):
            self.path = path
            self.save(RED)
            framebuffer = framebufferFromString(self.clock, path)
            self.assertEqual(framebuffer.width, 8)

    def test_home(self) -> None:
        """
        A path may begin at somebody's home.
        """
        self.save(RED)
        self.patch(os, "environ", {"HOME": os.path.dirname(os.path.abspath(self.path))})
        name = "~/" + os.path.basename(self.path)
        self.assertEqual(framebufferFromString(self.clock, name).width, 8)

    def test_bad(self) -> None:
        """
        No path, and a size that cannot be, are refused.
        """
        for text, word in (("", "PATH"), ("x.png:0x5", "0x5")):
            error = self.assertRaises(
                ValueError, framebufferFromString, self.clock, text
            )
            self.assertIn(word, str(error))


@implementer(IReactorThreads)
class Threads(Clock):
    """
    A reactor whose one thread works when the test likes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.work: list[Any] = []

    def getThreadPool(self) -> Any:
        """
        This is its own.
        """
        return self

    def callInThreadWithCallback(self, done: Any, call: Any, *arguments: Any) -> None:
        """
        Do something, some time.
        """
        self.work.append((done, call, arguments))

    def callFromThread(self, callable: Any, *args: Any, **kwargs: Any) -> None:
        """
        Do something in the reactor's thread.
        """
        callable(*args, **kwargs)

    def callInThread(self, callable: Any, *args: Any, **kwargs: Any) -> None:
        """
        Do something.
        """

    def suggestThreadPoolSize(self, size: int) -> None:
        """
        There is one.
        """

    def finish(self) -> None:
        """
        Do all that is to be done.
        """
        work, self.work = self.work, []
        for done, call, arguments in work:
            try:
                result = True, call(*arguments)
            except Exception:
                result = False, Failure()
            done(*result)


class ThreadTests(ImageCase):
    """
    What takes long is done in a thread.
    """

    def setUp(self) -> None:
        """
        A reactor with threads.
        """
        super().setUp()
        self.clock: Any = Threads()

    def test_changed(self) -> None:
        """
        A file that has changed is shown when it is decoded, and is not decoded twice;
        so with one that is broken.
        """
        self.save(RED)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.save(GREEN)
        for _ in range(3):
            self.clock.advance(1)
            self.assertEqual(self.color(framebuffer), RED)
        self.assertEqual(len(self.clock.work), 1)
        self.clock.finish()
        self.assertEqual(self.color(framebuffer), GREEN)
        self.write(b"garbage")
        self.clock.advance(1)
        with capturedLogs() as events:
            self.clock.finish()
        self.assertEqual(len(events), 1)
        self.clock.advance(1)
        self.assertEqual(self.clock.work, [])
        self.assertEqual(self.color(framebuffer), GREEN)

    def test_frames(self) -> None:
        """
        The frames of an animation come when they are decoded; those that are kept come
        at once.
        """
        self.save(RED, GREEN, format="GIF", duration=100)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.advance(0.1)
        self.clock.advance(0.1)
        self.assertEqual(self.color(framebuffer), RED)
        self.assertEqual(len(self.clock.work), 1)
        self.clock.finish()
        self.assertEqual(self.color(framebuffer), GREEN)
        self.clock.advance(0.1)
        self.clock.finish()
        self.assertEqual(self.color(framebuffer), RED)
        self.clock.advance(0.1)
        self.assertEqual(self.clock.work, [])
        self.assertEqual(self.color(framebuffer), GREEN)

    def test_rest(self) -> None:
        """
        All may leave while a frame is decoded, and come again: there is one animation,
        and no timer while nobody watches.
        """
        self.save(RED, GREEN, BLUE, format="GIF", duration=100)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.advance(0.1)
        framebuffer.pauseProducing()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        framebuffer.resumeProducing()
        self.clock.advance(0.1)
        self.assertEqual(len(self.clock.work), 1)
        framebuffer.pauseProducing()
        self.clock.finish()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.color(framebuffer), RED)
        framebuffer.resumeProducing()
        self.clock.advance(0.1)
        self.clock.finish()
        self.assertEqual(self.color(framebuffer), BLUE)

    def test_changedMeanwhile(self) -> None:
        """
        A frame of a file that has changed meanwhile is not shown.
        """
        self.save(RED, GREEN, format="GIF", duration=100)
        framebuffer = self.shown()
        framebuffer.resumeProducing()
        self.color(framebuffer)
        self.clock.advance(0.1)
        self.save(BLUE)
        self.clock.advance(0.9)
        self.clock.work.reverse()
        self.clock.finish()
        self.assertEqual(self.color(framebuffer), BLUE)
