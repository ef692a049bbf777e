"""A test of a program with a window: trial ./test_terminal.py, or with pytest"""

from txrfb.testing import DesktopTestCase


class TerminalTests(DesktopTestCase):
    async def test_typing(self):
        written = self.mktemp()
        shell = ["xterm", "-e", "sh", "-c", f"cat > {written}"]
        desktop = await self.desktop(shell, size=(640, 400))
        await desktop.settled()
        before = desktop.image()
        await desktop.type("Grüße, 世界\n")
        await desktop.settled()
        self.assertNotEqual(desktop.image().tobytes(), before.tobytes())
        await desktop.key("ctrl-d")
        self.assertEqual(await desktop.ended(), 0)
        with open(written, encoding="utf-8") as file:
            self.assertEqual(file.read(), "Grüße, 世界\n")
