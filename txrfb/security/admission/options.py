# -*- test-case-name: tests.security.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options of the command line for access: addresses, users, security types.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from twisted.cred.credentials import IAnonymous, IUsernameHashedPassword
from twisted.cred.portal import Portal
from twisted.internet.interfaces import IReactorTime
from twisted.python.usage import UsageError

from txrfb.error import UnusableFile
from txrfb.security.accounts.checkers import PlainFile, mended, namesOf
from txrfb.security.accounts.files import secretWarnings
from txrfb.security.accounts.realm import PasswordChecker
from txrfb.security.accounts.users import UsersFile
from txrfb.security.admission import assembly
from txrfb.security.admission.addresses import LOOPBACK, Networks
from txrfb.security.admission.choice import NAMES, Choice, choose
from txrfb.security.admission.feasible import typeNames
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.state import StateOptions

__all__ = ["SecurityOptions"]

#: Whose password is checked where viewers give no name.
_VNC_USER = "vnc"

#: The options that name files.
_FILES = (
    "users",
    "host-key",
    "tls-certificate",
    "tls-key",
    "tls-client-ca",
    "tls-client-names",
    "tls-client-crl",
)

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class SecurityOptions(StateOptions):
    """
    Options to be mixed into those of a command.

    @ivar warnings: What the administrator should know, in sentences.
    """

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "security",
            None,
            None,
            f"The security types, of {', '.join(NAMES)}: which are offered, in this"
            " order; or each with + or - before it, to offer more or less than is"
            " usual.",
        ],
        [
            "users",
            None,
            None,
            "A file of users and the hashes of their passwords; python -m txrfb.passwd"
            " writes it.",
        ],
        [
            "vnc-user",
            None,
            None,
            "The user whose password --auth checks when a viewer gives no user name, as"
            f" with VncAuth; {_VNC_USER!r} if not given.",
        ],
        [
            "host-key",
            None,
            None,
            "A file with the server's RSA key for the security types RA2; it is made"
            " if it is not there.",
        ],
        [
            "tls-certificate",
            None,
            None,
            "A file with the server's certificate, in PEM form, for the security types"
            " X509; it is read again when it changes.",
        ],
        [
            "tls-key",
            None,
            None,
            "A file with the key of the certificate, if that is not in the same file.",
        ],
        [
            "tls-client-ca",
            None,
            None,
            "A file with certificates of authorities: viewers must have a certificate"
            " of one of them, and where there are passwords or users must prove to be"
            " whom it names.  Security types that ask for none are offered only if"
            " --security names them.",
        ],
        [
            "tls-client-names",
            None,
            None,
            "A file of the names whose certificates --tls-client-ca lets in, a line"
            " NAME or NAME:RIGHTS each; without it, every name.",
        ],
        [
            "tls-client-crl",
            None,
            None,
            "A file of certificate revocation lists, one of each authority in"
            " --tls-client-ca, in PEM form; it is read again when it changes.",
        ],
    ]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self["allow"] = []
        self["deny"] = []
        self["proxy"] = []
        self._hasPassword = False
        self["proxy-from"] = []

    def opt_allow(self, network: str) -> None:
        """
        A network that viewers may connect from, like 192.0.2.0/24; no others may, and
        it may be repeated.
        """
        self["allow"].append(network)

    def opt_deny(self, network: str) -> None:
        """
        A network that viewers may not connect from; it may be repeated.
        """
        self["deny"].append(network)

    def opt_proxy(self, network: str) -> None:
        """
        A network, or an address, that stands for many viewers, as a proxy's or a
        gateway's does: wrong passwords from there lock out the name that was tried,
        and not the address.  This machine's addresses do already; it may be repeated.
        """
        self["proxy"].append(network)

    def opt_proxy_from(self, network: str) -> None:
        """
        A network, or an address, of proxies that say where viewers are by the PROXY
        protocol, to endpoints haproxy:; it may be repeated. [default: this machine]
        """
        self["proxy-from"].append(network)

    def securityChoice(self) -> Choice:
        """
        @return: The security types that were chosen.

        @raise UsageError: if they cannot be understood, or need another option.
        """
        given = self["security"]
        if given is not None and not given.strip(" ,"):
            raise UsageError(
                f"--security {given!r}: expected security types, of {', '.join(NAMES)}"
            )
        choice = self._tried("security", choose, given or "")
        for name in choice.names:
            if name in choice.asked:
                for begin, option in (("RA2", "host-key"), ("X509", "tls-certificate")):
                    if (
                        name.startswith(begin)
                        and self[option] is None
                        and self.ownKeys() is None
                    ):
                        raise UsageError(f"--security: {name} needs --{option}")
        return choice

    def securityPortal(
        self, password: bytes | None, viewPassword: bytes | None
    ) -> Portal | None:
        """
        @param password: The password for full access.

        @param viewPassword: The view-only password.

        @return: What checks logins; C{None} if no option says anything about it.

        @raise UsageError: if an option cannot be followed.
        """
        checkers = self.get("credCheckers", [])
        users, authority = self["users"], self["tls-client-ca"]
        if users is not None and not self._tried(
            "users", lambda: len(UsersFile(users))
        ):
            raise UsageError(
                f"--users {users!r}: there are no users in it; python -m txrfb.passwd"
                f" {users} NAME adds one"
            )
        if users is not None:
            self.warnings.extend(secretWarnings(users, "the file of users"))
        for checker in checkers:
            plain = mended(checker)
            if isinstance(plain, PlainFile) and os.path.exists(plain.path):
                self.warnings.extend(secretWarnings(plain.path, "the password file"))
            if self._tried("auth", namesOf, checker) == set():
                raise UsageError("--auth: there are no users with passwords")
        self._hasPassword = password is not None or viewPassword is not None
        if not (checkers or users or authority or self._hasPassword):
            return None
        if password and viewPassword:
            self._tried("view-password-file", PasswordChecker, password, viewPassword)
        return self._tried(
            "users",
            assembly.makePortal,
            password=password,
            viewPassword=viewPassword,
            users=users,
            checkers=checkers,
            clientAuthority=authority,
            clientNames=self["tls-client-names"],
            choice=self.securityChoice(),
        )

    def whoMayLogIn(self) -> list[str]:
        """
        @return: For people to read.

        @raise UsageError: if an option cannot be followed.
        """
        who = [
            f"whoever knows {what} in {self[option]}"
            for option, what in (
                ("password-file", "a password"),
                ("view-password-file", "the view-only password"),
            )
            if self.get(option) is not None
        ]
        if self["users"] is not None:
            users = self._tried("users", UsersFile, self["users"])
            who.append(f"users in {self['users']}, of whom there are {len(users)}")
        for checker in self.get("credCheckers", []):
            names = self._tried("auth", namesOf, checker)
            count = "" if names is None else f", of whom there are {len(names)}"
            who.append(f"users that --auth knows{count}")
        if self["tls-client-ca"] is not None:
            others = "and all of them must be " if who else ""
            who.append(
                f"{others}viewers with a certificate by those in"
                f" {self['tls-client-ca']}"
            )
        return who or ["everybody, without a password"]

    def securityGate(self, clock: IReactorTime, portal: Portal, **options: Any) -> Gate:
        """
        @param clock: Where time comes from.

        @param portal: What checks logins.

        @param options: Whatever else L{assembly.makeGate} takes.

        @return: The gate.

        @raise UsageError: if an option cannot be followed.
        """
        for option in ("allow", "deny", "proxy", "proxy-from"):
            self._tried(option, Networks, self[option])
        certificate = self["tls-certificate"]
        named = (self["tls-client-names"], self["users"], self.get("credCheckers"))
        if self["tls-client-ca"] is not None and not any(named):
            self.warnings.append(
                f"--tls-client-ca {self['tls-client-ca']!r}: every certificate of that"
                " authority is good, whoever it names; --tls-client-names FILE says"
                " whose are"
            )
        for option in ("tls-key", "tls-client-ca"):
            if self[option] is not None and certificate is None:
                raise UsageError(
                    f"--{option} {self[option]!r}: it is of no use without"
                    " --tls-certificate"
                )
        for option in ("tls-client-names", "tls-client-crl"):
            if self[option] is not None and self["tls-client-ca"] is None:
                raise UsageError(
                    f"--{option} {self[option]!r}: it is of no use without"
                    " --tls-client-ca"
                )
        mustLogIn = IAnonymous not in portal.listCredentialsInterfaces()
        chosen = self._possible(self.securityChoice())
        with self.keysFor(chosen, mustLogIn) as (hostKey, ownCertificate):
            gate: Gate = self._tried(
                "security",
                assembly.makeGate,
                clock,
                portal,
                choice=chosen,
                hostKey=hostKey,
                certificate=ownCertificate,
                key=self["tls-key"],
                clientAuthority=self["tls-client-ca"],
                clientRevoked=self["tls-client-crl"],
                username=self._vncUser.encode("utf-8", "surrogateescape"),
                allowed=self["allow"],
                denied=self["deny"],
                shared=self["proxy"],
                proxies=self["proxy-from"] or LOOPBACK,
                **options,
            )
        if certificate is not None and gate.isOpen():
            others = "None" in typeNames(gate.types)
            self.warnings.append(
                "without a password the certificate lets in everybody: security type"
                " X509None encrypts what is shown and typed, and proves who the server"
                " is" + ("; but viewers may choose None, in the clear" * others)
            )
        return gate

    @property
    def _vncUser(self) -> str:
        name = self["vnc-user"]
        return _VNC_USER if name is None else str(name)

    def _possible(self, choice: Choice) -> Choice:
        """
        Leave out the security types that ask for a password and no name, if nobody
        knows the user whose password that is.
        """
        name = self._vncUser
        hashed = [
            checker
            for checker in self.get("credCheckers", [])
            if IUsernameHashedPassword in checker.credentialInterfaces
        ]
        if self._hasPassword or not hashed:
            return choice
        user = name.encode("utf-8", "surrogateescape")
        for checker in hashed:
            names = self._tried("auth", namesOf, checker)
            if names is None or user in names:
                return choice
        nameless = [one for one in choice.names if one.endswith(("Vnc", "VncAuth"))]
        problem = (
            f"--vnc-user {name!r}: --auth knows no such user, whose password those"
            " would give whose viewers ask for no name"
        )
        asked = [one for one in nameless if one in choice.asked]
        if asked:
            raise UsageError(f"{problem}, as {' and '.join(asked)} would")
        self.warnings.append(f"{problem}; {', '.join(nameless)} are not offered")
        return choice.without(nameless)

    def _tried(
        self,
        option: str,
        make: Callable[_Given, _Made],
        *what: _Given.args,
        **more: _Given.kwargs,
    ) -> _Made:
        try:
            return make(*what, **more)
        except OSError as error:
            path, reason = str(error.filename), error.strerror
        except UnusableFile as error:
            path, reason = error.path, error.reason
        except ValueError as error:
            raise UsageError(f"--{option}: {error}") from error
        named = [one for one in _FILES if self[one] == path]
        raise UsageError(f"--{(named or [option])[0]} {path!r}: {reason}")
