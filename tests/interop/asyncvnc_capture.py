# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Take a picture with asyncvnc: C{python asyncvnc_capture.py HOST PORT [PASSWORD]}.

A program of its own, since asyncvnc wants an asyncio loop. It writes a PPM picture to
standard output.
"""

from __future__ import annotations

import asyncio
import sys

import asyncvnc  # type: ignore[import-untyped]


async def main(host: str, port: str, password: str | None = None) -> None:
    """
    Connect, ask for one picture, write it.
    """
    async with asyncvnc.connect(host, int(port), password=password) as client:
        pixels = await client.screenshot()
    height, width = pixels.shape[:2]
    sys.stdout.buffer.write(b"P6\n%d %d\n255\n" % (width, height))
    sys.stdout.buffer.write(pixels[:, :, :3].tobytes())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
