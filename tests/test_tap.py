# -*- test-case-name: tests.test_tap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.tap}.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any, ClassVar
from unittest import mock

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import IAnonymous, IUsernameHashedPassword
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs, formatEvent
from twisted.python import usage
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.encodings.test_h264 import requireLibrary
from txrfb import __version__, log
from txrfb._daemon import DaemonService, HangUp
from txrfb._wire.messages import Limits
from txrfb._wire.transcript import Transcript
from txrfb.diagnostics import Diagnostics
from txrfb.framebuffers import _kinds
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IFramebuffer, IFramebufferFactory
from txrfb.protocol import SHARING
from txrfb.service import RFBService
from txrfb.tap import Options, framebufferFactories, makeService
from txrfb.testing import Viewer


@implementer(IFramebufferFactory)
class Kind:
    """
    A kind of framebuffer for tests.
    """

    help = "WIDTH: pixels in memory"

    def __init__(self, prefix: str) -> None:
        """
        @param prefix: The name of the kind.
        """
        self.prefix = prefix

    def framebufferFromString(self, reactor: Any, argument: str) -> IFramebuffer:
        """
        Make one as wide as the argument says.
        """
        if argument == "missing":
            raise FileNotFoundError(2, "No such file", "missing")
        if argument == "extra":
            raise ImportError("pip install more")
        return MemoryFramebuffer(int(argument or 640), 480, "desk")


class TapTestCase(SynchronousTestCase):
    """
    What is needed to try the options.
    """

    kinds: ClassVar[list[Kind]] = [Kind("testcard"), Kind("other")]

    def setUp(self) -> None:
        """
        Only the kinds of the tests are installed.
        """
        self.patch(_kinds, "getPlugins", self.plugins)
        self.patch(Transcript, "tracing", False)
        self.reactor: Any = MemoryReactorClock()

    def plugins(self, interface: Any) -> Iterator[Kind]:
        """
        Be C{getPlugins}.
        """
        self.assertIs(interface, IFramebufferFactory)
        return iter(self.kinds)

    def parse(self, *arguments: str) -> Options:
        """
        @return: The options that the arguments make.
        """
        options = Options(self.reactor)
        options.parseOptions(list(arguments))
        return options

    def refusal(self, *arguments: str) -> str:
        """
        @return: Why the arguments are refused.
        """
        return str(self.assertRaises(UsageError, self.parse, *arguments))

    def file(self, content: bytes, mode: int = 0o600) -> str:
        """
        @return: The path of a new file.
        """
        path: str = self.mktemp()
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        return path


class OptionsTests(TapTestCase):
    """
    Tests for L{Options}.
    """

    def test_defaults(self) -> None:
        """
        Without options a test card is to be served, with the documented defaults.
        """
        options = self.parse()
        self.assertEqual(
            {name: options[name] for name in ("shared", "max-viewers", "frame-rate")},
            {"shared": "always", "max-viewers": 100, "frame-rate": 60.0},
        )
        assert options.framebuffer is not None
        self.assertEqual(options.framebuffer.width, 640)
        self.assertIsNone(options.portal)
        self.assertEqual(options.warnings, [])

    def test_globalReactor(self) -> None:
        """
        The reactor is the global one, looked up no sooner than needed.
        """
        options = Options()
        self.assertIsNone(options._reactor)
        from twisted.internet import reactor

        self.assertIs(options.reactor, reactor)

    def test_surplus(self) -> None:
        """
        Arguments that are no options are refused.
        """
        self.assertIn("'5900': there are no arguments", self.refusal("5900", "x"))
        text = self.refusal("--control", f"/{'x' * 107}")
        self.assertIn("--control: the path of a UNIX socket has at most 107", text)

    def test_vncUser(self) -> None:
        """
        A user whose password nothing checks is refused.
        """
        path = self.file(b"ann:secret\n")
        options = self.parse("--vnc-user=ann", "--auth", f"file:{path}")
        assert options.gate is not None
        self.assertIn(
            b"ann", [getattr(one, "username", b"") for one in options.gate.types]
        )
        for words in ([], ["--users", path], ["--password-file", path]):
            self.assertEqual(
                self.refusal("--vnc-user=ann", *words),
                "--vnc-user 'ann': it is of no use without --auth",
            )

    def test_nobodyComes(self) -> None:
        """
        Where addresses are allowed none of which can connect, it is refused; and warned
        of if that is true of one address of several.
        """
        words = ["--allow", "192.0.2.0/24"]
        text = self.refusal(*words)
        self.assertIn("--allow and --deny leave nobody", text)
        self.assertIn("--port tcp:5900 for others, too", text)
        self.assertEqual(self.parse(*words, "--port", "tcp:5900").warnings, [])
        [warning] = self.parse(*words, "--port", "5900", "--port", "unix:/x").warnings
        self.assertIn("could connect to tcp:5900:interface=127.0.0.1", warning)

    def test_version(self) -> None:
        """
        C{--version} has the version.
        """
        options = Options(self.reactor)
        options.authOutput = StringIO()
        end = self.assertRaises(SystemExit, options.parseOptions, ["--version"])
        self.assertEqual(end.code, 0)
        self.assertIn(f"txrfb {__version__}, ", options.authOutput.getvalue())

    def test_help(self) -> None:
        """
        The help mentions every option that the documentation has.
        """
        text = str(Options(self.reactor))
        for option in (
            *("port", "framebuffer", "help-framebuffer", "name", "password-file"),
            *("view-password-file", "auth", "shared", "max-viewers", "frame-rate"),
            *("view-only", "trace"),
        ):
            self.assertIn(f"--{option}", text)
        for line in text.splitlines():
            self.assertEqual(line, line.rstrip())
            self.assertNotRegex(line.lstrip(), r"\w[.,:;]?  +[a-z]", line)


class GarbageTests(TapTestCase):
    """
    Values that are none.
    """

    def test_refused(self) -> None:
        """
        What was given and stands for nothing is refused, and not taken for what is
        usual.
        """
        password, other = self.file(b"secret12\n"), self.file(b"")
        login = ("--password-file", password, "--check")
        for arguments, words in (
            (("--security=",), "--security '': expected security types, of X509Plain"),
            (("--security= ,",), "--security ' ,': expected security types"),
            (("--state=", *login), "--state '': expected the path of a directory"),
            (("--state=", "--security=RA2", *login[:2]), "--state '': expected"),
            (("--state", other, *login), f"--state {other!r}: it is no directory"),
            (("--host-key=", *login), "--host-key '': there is no such file"),
            (("--host-key", f"{other}.d/key", *login), "no directory in which it"),
            (("--control=",), "--control: '' is no path"),
            (("--port", "9" * 5000), "expected a port number, 0 to 65535"),
            (("--web", "9" * 5000), "expected a port number, 0 to 65535"),
        ):
            with self.subTest(arguments=arguments):
                self.assertIn(words, self.refusal(*arguments))


class FramebufferTests(TapTestCase):
    """
    What to show.
    """

    def test_argument(self) -> None:
        """
        What follows the colon is handed to the kind.
        """
        options = self.parse("-f", "other:320")
        assert options.framebuffer is not None
        self.assertEqual(options.framebuffer.width, 320)

    def test_unknown(self) -> None:
        """
        The refusal of an unknown kind has those that there are.
        """
        self.assertEqual(
            self.refusal("--framebuffer", "nosuch:1"),
            "--framebuffer 'nosuch:1': there is no kind 'nosuch'; there are other,"
            " testcard",
        )

    def test_refused(self) -> None:
        """
        What a kind does not like about its argument is in the refusal.
        """
        for argument, reason in [
            ("wide", "invalid literal"),
            ("missing", "No such file"),
            ("extra", "pip install more"),
        ]:
            text = self.refusal("--framebuffer", f"other:{argument}")
            self.assertTrue(text.startswith(f"--framebuffer 'other:{argument}': "))
            self.assertIn(reason, text)

    def test_help(self) -> None:
        """
        C{--help-framebuffer} lists all kinds.
        """
        options = Options(self.reactor)
        options.authOutput = StringIO()
        end = self.assertRaises(
            SystemExit, options.parseOptions, ["--help-framebuffer"]
        )
        self.assertEqual(end.code, 0)
        self.assertEqual(
            options.authOutput.getvalue(),
            "Usage: --framebuffer KIND[:ARGUMENT]\n\n"
            "  other     WIDTH: pixels in memory\n"
            "  testcard  WIDTH: pixels in memory\n",
        )

    def test_firstWins(self) -> None:
        """
        Of two kinds by one name, the first that is found counts.
        """
        first, second = Kind("same"), Kind("same")
        self.patch(self, "kinds", [first, second])
        self.assertEqual(framebufferFactories(), {"same": first})


class NumberTests(TapTestCase):
    """
    Values that must be numbers or words.
    """

    def test_taken(self) -> None:
        """
        Good values are taken as what they are.
        """
        options = self.parse(
            "--max-viewers=1", "--frame-rate=0", "--shared=never", "--name=a b"
        )
        self.assertEqual(options["max-viewers"], 1)
        self.assertEqual(options["frame-rate"], 0.0)
        self.assertEqual(options["shared"], "never")
        self.assertEqual(options["name"], "a b")
        limits, options = Limits(), self.parse()
        self.assertEqual(options["login-timeout"], limits.loginTimeout)
        self.assertEqual(options["max-logins"], limits.pending)
        options = self.parse("--login-timeout=45.5", "--max-logins=7")
        self.assertEqual(options["login-timeout"], 45.5)
        assert options.gate is not None
        self.assertEqual(options.gate.maxWaiting, 7)

    def test_wrong(self) -> None:
        """
        The refusal of a bad one has the option, the value and what is allowed.
        """
        for option, values, allowed in [
            ("max-viewers", ["0", "-1", "many", "1.5", ""], "1 or more"),
            ("frame-rate", ["-1", "fast", "nan", "inf", ""], "or 0 for as many"),
            ("shared", ["sometimes", ""], "one of " + ", ".join(SHARING)),
            ("login-timeout", ["0", "-1", "nan", "inf", "soon", ""], "more than 0"),
            ("max-logins", ["0", "-1", "1.5", "many", ""], "1 or more"),
            ("idle-timeout", ["-1", "nan", "inf", "soon", ""], "0 for never"),
            ("time-limit", ["-1", "nan", "inf", "soon", ""], "0 for never"),
        ]:
            for value in values:
                text = self.refusal(f"--{option}={value}")
                self.assertTrue(text.startswith(f"--{option} {value!r}: "), text)
                self.assertIn(allowed, text)


class PasswordTests(TapTestCase):
    """
    Who may log in.
    """

    def interfaces(self, *arguments: str) -> set[Any]:
        """
        @return: The kinds of credentials that the portal takes.
        """
        portal = self.parse(*arguments).portal
        assert portal is not None
        return set(portal.listCredentialsInterfaces())

    def test_files(self) -> None:
        """
        One file has a password, or two, or there are two files; nobody comes in
        without one.
        """
        one, two = self.file(b"secret"), self.file(b"secret\nlook\n")
        for arguments in (
            ["--password-file", one],
            ["--password-file", two],
            ["--view-password-file", one],
            ["--password-file", one, "--view-password-file", self.file(b"look")],
        ):
            found = self.interfaces(*arguments)
            self.assertIn(IUsernameHashedPassword, found)
            self.assertNotIn(IAnonymous, found)

    def test_sameEightBytes(self) -> None:
        """
        Passwords for viewing and for more that VNC authentication cannot tell apart are
        refused.
        """
        one, two = self.file(b"sesame.1full"), self.file(b"sesame.1view")
        for arguments in (
            ("--password-file", one, "--view-password-file", two),
            ("--password-file", self.file(b"sesame.1full\nsesame.1view\n")),
        ):
            text = self.refusal(*arguments)
            self.assertIn("same eight bytes", text)
            self.assertNotIn("sesame", text)

    def test_auth(self) -> None:
        """
        Twisted's checkers can be used, by C{--auth}.
        """
        options = self.parse("--auth", "memory:vnc:secret")
        [checker] = options["credCheckers"]
        self.assertIsInstance(checker, InMemoryUsernamePasswordDatabaseDontUse)
        found = self.interfaces("--auth", "memory:vnc:secret")
        self.assertIn(IUsernameHashedPassword, found)
        self.assertNotIn(IAnonymous, found)

    def test_authUnfit(self) -> None:
        """
        A checker that there is not, or of credentials that no viewer has, or with an
        argument that it does not take, is refused; without the argument, which may be
        a password.
        """
        for value, reason in (
            ("anonymous", "it checks nothing that viewers have"),
            ("nosuch:secret", "there is no such kind; --help-auth lists"),
            ("file", "'file' requires a filename"),
            ("memory:secret", "argstring must be in format U:P:..."),
        ):
            text = self.refusal("--auth", value)
            kind = value.partition(":")[0]
            self.assertTrue(text.startswith(f"--auth {kind}: {reason}"), text)
            self.assertNotIn("secret", text)

    def test_twice(self) -> None:
        """
        Two passwords for one thing are refused, naming both places.
        """
        one, two = self.file(b"secret"), self.file(b"secret\nlook\n")
        text = self.refusal("--password-file", two, "--view-password-file", one)
        self.assertIn(repr(one), text)
        self.assertIn(repr(two), text)
        text = self.refusal("--view-password-file", two)
        self.assertIn("two passwords; expected one", text)

    def test_unreadable(self) -> None:
        """
        A file that cannot be read, or has no password in it, is refused by name;
        what is in it is not shown.
        """
        for path in ("/nonexistent", ".", self.file(b""), self.file(b"\nhidden\n")):
            for option in ("password-file", "view-password-file"):
                text = self.refusal(f"--{option}", path)
                self.assertTrue(text.startswith(f"--{option} {path!r}: "), text)
                self.assertNotIn("hidden", text)

    def test_warnings(self) -> None:
        """
        A file that others can read is used, and warned of.
        """
        path = self.file(b"secret", mode=0o644)
        [warning, *_] = self.parse("--password-file", path).warnings
        self.assertIn(path, warning)


class ShellTests(TapTestCase):
    """
    Completion by shells.
    """

    def completion(self) -> str:
        """
        @return: What zsh is told.
        """
        options = Options(self.reactor)
        file = BytesIO()
        options._shellCompFile = file
        self.assertRaises(
            SystemExit,
            options.parseOptions,
            ["", "--_shell-completion", "zsh:2"],
        )
        return file.getvalue().decode()

    def test_words(self) -> None:
        """
        The words for C{--framebuffer} and C{--shared} are offered, and files for
        files.
        """
        text = self.completion()
        self.assertIn("(other testcard)", text)
        self.assertIn(f"({' '.join(SHARING)})", text)
        self.assertRegex(text, r"--password-file=.*_files")

    def test_lazy(self) -> None:
        """
        The installed kinds are not looked for before a shell asks.
        """
        self.patch(_kinds, "getPlugins", lambda interface: self.fail("too early"))
        Options(self.reactor)
        list(Options.compData.optActions)


class MakeServiceTests(TapTestCase):
    """
    Tests for L{makeService}.
    """

    def make(self, *arguments: str) -> RFBService:
        """
        @return: The service for the arguments.
        """
        return makeService(self.parse(*arguments))

    def test_values(self) -> None:
        """
        The factory gets what the options say.
        """
        path = self.file(b"secret")
        factory = self.make(
            *("--max-viewers=3", "--shared=honor", "--view-only", "--name=shown"),
            "--exclusive",
            *("--password-file", path),
        ).factory
        self.assertEqual(factory.maxViewers, 3)
        self.assertEqual(factory.shared, "honor")
        self.assertTrue(factory.viewOnly)
        self.assertTrue(factory.exclusive)
        self.assertEqual(factory.name, "shown")
        self.assertTrue(Viewer(factory, b"secret").isOpen)
        self.assertFalse(Viewer(factory, b"guess").isOpen)
        self.assertIs(factory.clock, self.reactor)

    def test_video(self) -> None:
        """
        Videos are encoded where that was asked for, and can be.
        """
        self.assertIsNone(self.make().factory.display.planner.videos)
        with mock.patch.dict(sys.modules, {"av": None}):
            error = self.assertRaises(UsageError, self.make, "--h264")
        self.assertEqual(
            str(error), "--h264: H.264 needs PyAV: pip install 'txrfb[h264]'"
        )
        requireLibrary()
        self.assertIsNotNone(self.make("--h264").factory.display.planner.videos)

    def test_name(self) -> None:
        """
        The name is the framebuffer's unless another is given.
        """
        self.assertEqual(self.make().factory.name, "desk")

    def test_reload(self) -> None:
        """
        Files are read again on demand, and then count; what is wrong with one is
        logged, and all stay as they were.  Failures are counted on.
        """
        path = self.file(b"secret")
        options = self.parse("--password-file", path)
        factory = makeService(options).factory
        doorkeeper = factory.gate.doorkeeper
        for content, text, password in (
            (b"changed", f"Read anew: --password-file {path}; whoever", b"changed"),
            (b"", "what was read before stays: --password-file", b"changed"),
            (b"again", "Read anew", b"again"),
        ):
            with open(path, "wb") as file:
                file.write(content)
            with capturedLogs() as events:
                options.reload()
            texts = [formatEvent(event) for event in events]
            self.assertIn(text, "; ".join(texts))
            self.assertTrue(Viewer(factory, password).isOpen)
            self.assertFalse(Viewer(factory, b"secret").isOpen)
        self.assertIs(factory.gate.doorkeeper, doorkeeper)
        with capturedLogs() as events:
            self.parse().reload()
        self.assertIn("Read anew: no files", formatEvent(events[0]))

    def test_reloadPipe(self) -> None:
        """
        A password that came by a pipe stays, as that has no more to say.
        """
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.write(writing, b"secret\n")
        os.close(writing)
        options = self.parse("--password-file", f"/dev/fd/{reading}")
        factory = makeService(options).factory
        with capturedLogs() as events:
            options.reload()
        self.assertIn("Read anew", formatEvent(events[-1]))
        self.assertTrue(Viewer(factory, b"secret").isOpen)

    def test_start(self) -> None:
        """
        It listens where the options say, not before it is started; a viewer that
        comes is greeted.
        """
        service = self.make("--port", "5901", "--port", "unix:/run/rfb.sock")
        self.assertEqual(self.reactor.tcpServers, [])
        with capturedLogs() as events:
            service.privilegedStartService()
            service.startService()
        [(port, factory, _, interface)] = self.reactor.tcpServers
        self.assertEqual((port, interface), (5901, "127.0.0.1"))
        self.assertEqual(self.reactor.unixServers[0][0], "/run/rfb.sock")
        self.assertIs(factory, service.factory)
        texts = [formatEvent(event) for event in events]
        self.assertEqual(len([text for text in texts if "Serving 'desk'" in text]), 2)
        self.successResultOf(service.stopService())

    def test_connect(self) -> None:
        """
        It connects where the options say, and does not listen besides; without a
        password that is warned of.
        """
        options = self.parse("--connect", "unix:/run/viewer")
        [warning] = options.warnings
        self.assertIn("whoever listens where --connect says sees the screen", warning)
        service = makeService(options)
        with capturedLogs():
            service.startService()
        self.assertEqual(self.reactor.tcpServers, [])
        self.assertEqual(self.reactor.unixClients[0][0], "/run/viewer")
        with capturedLogs():
            service.stopService()

    def test_trace(self) -> None:
        """
        C{--trace} makes messages events of the log, and only it.
        """
        self.make()
        self.assertFalse(Transcript.tracing)
        self.make("--trace")
        self.assertTrue(Transcript.tracing)

    def test_warnings(self) -> None:
        """
        What is to be warned of is in the log when it starts.
        """
        path = self.file(b"secret", mode=0o644)
        service = self.make("--password-file", path, "--port=0")
        with capturedLogs() as events:
            service.startService()
        self.assertTrue(any(path in formatEvent(event) for event in events))
        self.successResultOf(service.stopService())

    def test_diagnostics(self) -> None:
        """
        In a process of C{twistd} it looks after what concerns the process, and
        observers write where that logs; elsewhere it leaves the process alone.
        """
        self.addCleanup(log.logTo, None)
        alone = self.make()
        self.assertFalse([one for one in alone if isinstance(one, Diagnostics)])
        self.assertNotIsInstance(alone, DaemonService)
        options = self.parse()
        options.parent = usage.Options()
        options.parent.update({"nodaemon": 0, "logfile": "/run/rfb.log"})
        service = makeService(options)
        self.assertIsInstance(service, DaemonService)
        [diagnostics] = [one for one in service if isinstance(one, Diagnostics)]
        self.assertEqual(diagnostics._crashFile, "/run/rfb.log.crash")
        self.assertTrue([one for one in service if isinstance(one, HangUp)])
        self.assertEqual(log._destination, ("/run/rfb.log", 10 << 20, 5))
