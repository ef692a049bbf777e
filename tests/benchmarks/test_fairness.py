# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.fairness} and of the parts of it that its numbers come from.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from benchmarks import fairness
from benchmarks.healthy import LOOP, Watched, animation, numberIn, screenAfter
from benchmarks.progress import KEYS, NOTED_KEY, SIZE, Progress
from benchmarks.txrfb_server import Animator
from benchmarks.verdicts import (
    CACHE,
    Outcome,
    complaints,
    gate,
    listTable,
    median,
    row,
    verdict,
)
from benchmarks.workloads import Workload, changedPixels, write

WIDTH, HEIGHT = 332, 206


class _Files(SynchronousTestCase):
    """
    What needs files.
    """

    def fresh(self) -> Path:
        """
        A path for a file.
        """
        path = Path(self.mktemp())
        path.parent.mkdir(exist_ok=True, parents=True)
        return path

    def page(self) -> Path:
        """
        A fresh page for a server's progress.
        """
        path = self.fresh()
        path.write_bytes(bytes(SIZE))
        return path

    def small(self) -> Workload:
        """
        A small edition of the animation.
        """
        path = self.fresh()
        write(path, animation(WIDTH, HEIGHT), WIDTH, HEIGHT)
        return Workload(path)


class AnimationTests(_Files):
    """
    What the healthy viewer watches.
    """

    def test_numbers(self) -> None:
        """
        Every frame has its number, the last one that of the first, whose picture it is.
        """
        shots = [shot.pixels for shot in animation(WIDTH, HEIGHT)]
        self.assertEqual([numberIn(pixels) for pixels in shots], [*range(LOOP), 0])
        self.assertTrue(np.array_equal(shots[0], shots[-1]))

    def test_damage(self) -> None:
        """
        All that changes is reported, and the rectangles are not those of any tiles.
        """
        before = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        edges = set()
        for shot in animation(WIDTH, HEIGHT):
            changed = changedPixels(before, shot.pixels)
            for x, y, w, h in shot.damage or [(0, 0, WIDTH, HEIGHT)]:
                changed[y : y + h, x : x + w] = False
                edges.add(x % 16)
            self.assertFalse(changed.any())
            before = shot.pixels
        self.assertGreater(len(edges), 12)

    def test_screenAfter(self) -> None:
        """
        The application plays the frames from the second again and again, and then the
        screen is what it is expected to be; nothing is painted after the end.
        """
        work = self.small()
        path = self.page()
        progress = Progress(path)
        animator = Animator(work, "exact", False, path)
        for shown in range(1, 2 * LOOP + 9):
            animator.show()
            self.assertEqual(progress.shown, shown)
            if shown in (1, 2, LOOP, LOOP + 1, LOOP + 2, 2 * LOOP + 1, 2 * LOOP + 8):
                expected = screenAfter(work, shown)
                screen = animator.framebuffer.array
                self.assertTrue(np.array_equal(screen, expected), shown)
        progress.halt()
        animator.show()
        self.assertEqual(progress.shown, 2 * LOOP + 8)


class ProgressTests(_Files):
    """
    What a server and whoever measures it tell each other.
    """

    def test_keys(self) -> None:
        """
        The application notes presses of one key, of which the last are kept.
        """
        path = self.page()
        animator = Animator(self.small(), "exact", False, path)
        progress = Progress(path)
        viewer: Any = None
        self.assertIsNone(progress.keyTime(0))
        for keysym, down in ((NOTED_KEY, True), (NOTED_KEY, False), (0x61, True)):
            animator.keyEvent(keysym, down, viewer)
        first = progress.keyTime(0)
        assert first is not None
        self.assertIsNone(progress.keyTime(1))
        for _ in range(KEYS):
            progress.noteKey()
        self.assertIsNone(progress.keyTime(KEYS + 1))
        times = [progress.keyTime(number) or 0.0 for number in range(1, KEYS + 1)]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[0], first)

    def test_told(self) -> None:
        """
        Both sides see the same page.
        """
        path = self.page()
        one, other = Progress(path), Progress(path)
        one.tell(7, 1234)
        other.halt()
        self.assertEqual((other.shown, one.isHalted), (7, True))


class WatchedTests(SynchronousTestCase):
    """
    Latencies of keys.
    """

    def test_percentile(self) -> None:
        """
        One key of a hundred may be late, not two.
        """
        quick = tuple(float(n) for n in range(1, 99))
        self.assertEqual(Watched(60.0, 20.0, (*quick, 900.0), 0).keyP99, 900.0)
        self.assertEqual(Watched(60.0, 20.0, quick * 2, 1).keyP99, 98.0)
        self.assertEqual(Watched(60.0, 20.0, quick, 2).keyP99, math.inf)
        self.assertTrue(math.isnan(Watched(60.0, 20.0, (), 0).keyP99))


GOOD = Outcome(
    server="txrfb",
    line="keys",
    count=1,
    alone=60.0,
    beside=59.0,
    gap=40.0,
    keyAlone=2.0,
    key=12.0,
    growth=900,
    wrong=0,
    messages=1e5,
    closed=0,
    cpu=0.9,
    waited=0.05,
    load=0.3,
)


class VerdictTests(SynchronousTestCase):
    """
    Whether it is good enough.
    """

    def test_gate(self) -> None:
        """
        What must be with one abuser and with many.
        """
        one, many = gate("keys", 1), gate("keys", 50)
        self.assertEqual((one.share, one.key), (0.95, 20))
        self.assertEqual((many.share, many.key), (0.80, 50))
        self.assertEqual(one.growth, (CACHE + 1) * 1024)
        self.assertEqual(many.growth, (CACHE + 50) * 1024)
        self.assertEqual(gate("texts", 50).growth, (CACHE + 2 * 50) * 1024)

    def test_complaints(self) -> None:
        """
        Each thing that must be is looked at, at its limit.
        """
        self.assertEqual(complaints(GOOD), [])
        self.assertEqual(complaints(replace(GOOD, beside=57.0, key=20.0)), [])
        changes: tuple[tuple[dict[str, Any], str], ...] = (
            ({"beside": 56.0}, "frames 93% < 95%"),
            ({"key": 21.0}, "keys 21 ms > 20 ms"),
            ({"key": math.inf}, "keys inf ms > 20 ms"),
            ({"key": math.nan}, "keys nan ms > 20 ms"),
            ({"wrong": 3}, "3 pixels wrong"),
            ({"growth": 10240}, "memory 10.0 MiB > 9.0 MiB"),
            ({"trouble": "gone"}, "gone"),
        )
        for change, words in changes:
            changed = replace(GOOD, **change)
            self.assertEqual(complaints(changed), [words])
        many = replace(GOOD, count=50, beside=49.0, key=49.0, growth=50 << 10)
        self.assertEqual(complaints(many), [])

    def test_nothingAlone(self) -> None:
        """
        A viewer that sees nothing alone has no share.
        """
        self.assertEqual(replace(GOOD, alone=0.0, beside=0.0).share, 0.0)

    def test_peers(self) -> None:
        """
        A peer may not be better, by more than noise, but for a ratio it need not be
        alive.
        """
        dead = replace(GOOD, server="xvnc", beside=0.0)
        same = replace(GOOD, server="lvs", beside=60.0)
        holds, words = verdict(GOOD, [same, dead])
        self.assertTrue(holds)
        self.assertIn("0.98 of lvs, inf of xvnc", words)
        many = replace(GOOD, count=50, beside=49.0)
        holds, words = verdict(many, [same])
        self.assertFalse(holds)
        self.assertIn("lvs leaves 100%", words)

    def test_busy(self) -> None:
        """
        On a machine that does something else the verdict says so, and stays.
        """
        holds, words = verdict(replace(GOOD, waited=0.6), [])
        self.assertTrue(holds)
        self.assertIn("no core for 60% of the time", words)
        self.assertNotIn("busy", verdict(GOOD, [])[1])

    def test_median(self) -> None:
        """
        Numbers are medians; pixels that were wrong once are wrong, and trouble stays.
        """
        runs = [
            replace(GOOD, beside=50.0, wrong=4),
            replace(GOOD, beside=58.0),
            replace(GOOD, beside=59.0, trouble="the server hung up"),
        ]
        found = median(runs)
        self.assertEqual((found.beside, found.wrong), (58.0, 4))
        self.assertEqual(found.trouble, "the server hung up")
        self.assertEqual(found.server, "txrfb")
        self.assertEqual(median([GOOD]), GOOD)

    def test_row(self) -> None:
        """
        The table has each number in one line.
        """
        words = row(GOOD).split()
        self.assertEqual(words[:6], ["keys", "1", "txrfb", "60.0", "59.0", "98.3%"])

    def test_listTable(self) -> None:
        """
        The documentation has a row for each line, and a column for each server.
        """
        late = replace(GOOD, server="xvnc", beside=0.0, key=math.inf)
        many = replace(GOOD, count=50, beside=61.0)
        lines = listTable([GOOD, late, many]).splitlines()
        self.assertEqual(
            lines[1:],
            [
                "   :header: Abusers, what they do, txrfb, Xvnc",
                "",
                '   1, "key presses", "98%, 12 ms", "0%, late"',
                '   50, "key presses", "100%, 12 ms", did not start',
            ],
        )

    def test_judged(self) -> None:
        """
        A verdict for each line of ours, beside the peers in that line alone.
        """
        peer = replace(GOOD, server="lvs", line="pixels")
        many = replace(GOOD, count=50)
        table = [GOOD, many, replace(GOOD, line="pixels", beside=30.0), peer]
        found = fairness.judge(table)
        self.assertEqual([holds for holds, _ in found], [True, True, False])
        self.assertNotIn("lvs", found[0][1])
        self.assertIn("0.51 of lvs", found[2][1])


class RunTests(_Files):
    """
    A run of all of it, as short as can be.
    """

    def setUp(self) -> None:
        """
        A small screen, and nobody waits for long.
        """
        work = self.small()
        self.patch(fairness, "animated", lambda: work)
        self.patch(fairness, "_WARM", 0.1)

    def run_(self, *words: str) -> tuple[list[str], dict[str, Any]]:
        """
        @return: The lines that were printed, and what was written.
        """
        path = self.fresh()
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            fairness.main(["--servers=txrfb", f"--output={path}", *words])
        return output.getvalue().splitlines(), json.loads(path.read_text())

    def test_lines(self) -> None:
        """
        The healthy viewer sees frames alone, abusers send, and all pixels are right in
        the end.
        """
        lines, said = self.run_("--lines=encodings", "--counts=2", "--seconds=1.2")
        [outcome] = said["outcomes"]
        self.assertEqual((outcome["line"], outcome["count"]), ("encodings", 2))
        self.assertGreater(outcome["alone"], 0)
        self.assertGreater(outcome["messages"], 0)
        self.assertEqual((outcome["wrong"], outcome["trouble"]), (0, ""))
        self.assertIn("[1 of 1] 2 lists of 65535 encodings: txrfb", lines)
        self.assertTrue(any(line.endswith("of 1 lines hold") for line in lines))

    def test_options(self) -> None:
        """
        Names that do not exist, and numbers without bounds, are refused.
        """
        for words in (
            ["--lines=keys,none"],
            ["--servers=vino"],
            ["--counts=0"],
            ["--counts=5000"],
            ["--seconds=3600"],
        ):
            with contextlib.redirect_stderr(io.StringIO()):
                self.assertRaises(SystemExit, fairness.main, words)

    def test_cells(self) -> None:
        """
        Each kind in each number, but those that have their own.
        """
        found = list(fairness.cells(["keys", "halfopen"], [1, 10]))
        self.assertEqual(found, [("keys", 1), ("keys", 10), ("halfopen", 1000)])
