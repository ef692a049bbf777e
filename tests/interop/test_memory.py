# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{mmap:} at the memory of other programs: a guest of QEMU's, whose screen QEMU shows by
VNC, too, and an X server.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from PIL import Image
from twisted.trial.unittest import TestCase

from tests.interop.processes import PATIENCE, Child, realReactor, run, start, until
from tests.interop.test_command import ROOT, need

#: Where the firmware puts the pixels of a ramfb in 64 MiB of memory, and their size.
_OFFSET, _SIZE = 0x3C00000, (1024, 768)


class MemoryTests(TestCase):
    """
    What is seen in memory that is shared.
    """

    timeout = 400

    def setUp(self) -> None:
        self.reactor = realReactor()
        self.directory = Path(mkdtemp(prefix="txrfb-memory-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def begin(self, *command: str) -> Child:
        """
        Start a program, which is stopped when the test ends.
        """
        child = start(self.reactor, Child(), command, {"PYTHONPATH": str(ROOT)})
        self.addCleanup(child.stop)
        return child

    async def serve(self, framebuffer: str) -> str:
        """
        @return: Where the server listens.
        """
        socket = self.directory / "rfb"
        command = [sys.executable, "-m", "txrfb", "--port", f"unix:{socket}"]
        server = self.begin(*command, "--framebuffer", framebuffer)

        async def isThere() -> bool:
            server.check()
            return socket.exists()

        await until(self.reactor, PATIENCE, isThere)
        return f"unix:{socket}"

    async def shot(self, where: str) -> Image.Image:
        """
        @return: What a server shows.
        """
        path = str(self.directory / "shot.png")
        command = [sys.executable, "-m", "txrfb.client", where, "shot", path]
        await run(self.reactor, command, {"PYTHONPATH": str(ROOT)}, 30.0)
        with Image.open(path) as image:
            return image.convert("RGB")

    async def test_ramfb(self) -> None:
        """
        The screen of a guest is that which QEMU shows itself, each pixel of it.
        """
        need("qemu-system-x86_64")
        memory, vnc = self.directory / "memory", self.directory / "vnc"
        size = f"size=64M,mem-path={memory}"
        qemu = self.begin(
            *("qemu-system-x86_64", "-nodefaults", "-display", "none"),
            *("-machine", "pc,memory-backend=memory", "-vga", "none"),
            *("-object", f"memory-backend-file,id=memory,share=on,{size}"),
            *("-device", "ramfb", "-vnc", f"unix:{vnc}"),
        )
        where = await self.serve(
            f"mmap:{memory},width={_SIZE[0]},height={_SIZE[1]},offset={_OFFSET}"
        )

        async def isWritten() -> bool:
            qemu.check()
            if not vnc.exists():
                return False
            theirs = await self.shot(f"unix:{vnc}")
            if theirs.size != _SIZE or theirs.getbbox() is None:
                return False
            ours = await self.shot(where)
            # The firmware goes on writing.
            again = await self.shot(f"unix:{vnc}")
            return theirs == again and ours == theirs

        self.assertTrue(await until(self.reactor, 300.0, isWritten, 0.5))

    async def test_xvfb(self) -> None:
        """
        So is the screen of an X server.
        """
        need("Xvfb", "xsetroot")
        number = self.directory / "number"
        number.touch()
        server = self.begin(
            *(
                "sh",
                "-c",
                f"exec 3>{number}; exec Xvfb -displayfd 3 -br -noreset -nocursor"
                f" -nolisten tcp -screen 0 320x200x24 -fbdir {self.directory}",
            ),
        )

        async def isThere() -> str:
            server.check()
            return number.read_text("ascii").strip()

        display = await until(self.reactor, PATIENCE, isThere)
        where = await self.serve(f"mmap:{self.directory}/Xvfb_screen0,format=xwd")
        seen = await self.shot(where)
        self.assertEqual(
            (seen.size, seen.getcolors()), ((320, 200), [(64000, (0, 0, 0))])
        )
        environment = {"DISPLAY": f":{display}"}
        await run(self.reactor, ["xsetroot", "-solid", "#123456"], environment)
        seen = await self.shot(where)
        self.assertEqual(seen.getcolors(), [(64000, (0x12, 0x34, 0x56))])
