# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Text that is typed into a terminal, and what arrives there.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.interop.processes import until
from tests.x11.real import XvfbCase

#: 55 characters of many scripts: none of them is on two of the layouts that are tried.
MIXED = "aB9 €ñéèÉßøåæœąćęłńśżŻÿжЖёыэΑλω漢字仮名あいアイ한글😀🎉<|>@#{}\\~§µ¿"

#: 300 Han characters.
HAN = "".join(chr(0x4E00 + 7 * number) for number in range(300))

assert len(set(MIXED)) == len(MIXED) == 55
assert len(set(HAN)) == 300


class Terminal:
    """
    An xterm in which C{cat} writes into a file what is typed.
    """

    def __init__(self, test: XvfbCase) -> None:
        self._test = test
        self._path = test.mktemp()
        self._seen = 0
        self._program = test.start(
            *("xterm", "-u8", "-geometry", "80x24+0+0", "-e", "sh", "-c"),
            f"stty raw -echo; cat > {os.path.abspath(self._path)}",
        )

    def _text(self) -> str:
        self._program.check()
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read()[self._seen :]
        except FileNotFoundError:
            return ""

    async def ready(self, type: Callable[[str], object]) -> None:
        """
        Wait until what is typed arrives.
        """
        reactor = self._test.reactor

        async def isThere() -> bool:
            return bool(self._text())

        for _ in range(60):
            type("x")
            if await until(reactor, 1.0, isThere):
                break
        # Others may be under way still.
        await self.read(0)

    async def read(self, count: int) -> str:
        """
        @param count: How many characters are expected.

        @return: What has arrived since it was read last, when it is so many or nothing
            more comes.
        """
        before = ""
        for _ in range(60):
            last = before

            async def isMore(last: str = last) -> bool:
                return len(self._text()) >= max(count, len(last) + 1)

            # A busy machine stands still for longer than it takes to type.
            await until(self._test.reactor, 30.0 if count else 2.0, isMore)
            before = self._text()
            if len(before) >= count > 0 or before == last:
                break
        self._seen += len(before)
        return before
