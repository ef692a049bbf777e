# -*- test-case-name: tests.security.test_credentials -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers prove, as L{twisted.cred} credentials.

They differ from those of Twisted in three ways: they compare in constant time,
they take a stored password as C{str} or C{bytes} (checkers differ), and they do
not let their secrets out by C{repr} or C{pickle}.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Any, NoReturn

from twisted.cred.credentials import (
    ICredentials,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from zope.interface import Attribute, Interface, implementer

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "Certified",
    "ClientCertificate",
    "ICertified",
    "IClientCertificate",
    "IPassword",
    "Password",
    "UsernamePassword",
    "VNCPassword",
    "VNCResponse",
    "isText",
    "toBytes",
    "vncKey",
    "vncResponse",
]


def toBytes(text: str | bytes) -> bytes:
    """
    @return: C{text} as UTF-8.
    """
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def isText(credentials: object) -> bool:
    """
    @return: Whether a user's name and password are text, as far as there are such: what
        fails to read them as UTF-8 is not to blame if they are none.
    """
    for what in ("username", "password"):
        value = getattr(credentials, what, b"")
        try:
            if isinstance(value, bytes):
                value.decode("utf-8")
        except UnicodeDecodeError:
            return False
    return True


class VNCPassword(bytes):
    """
    A stored password of which no more than the first eight bytes are known, as in a
    file of C{vncpasswd}.
    """

    __slots__ = ()


class IPassword(ICredentials, Interface):
    """
    A password in clear, and nobody's name with it.
    """

    password: bytes = Attribute("A C{bytes}: the password.")

    def checkPassword(password: bytes | str) -> bool:
        """
        @param password: The stored password.

        @return: Whether it is the one given.
        """


class IClientCertificate(ICredentials, Interface):
    """
    The viewer showed a certificate, signed by an authority that the server
    trusts, and proved in the TLS handshake to have its key.
    """

    username: bytes = Attribute("A C{bytes}: the common name of the certificate.")
    certificate: bytes = Attribute("A C{bytes}: the certificate, in DER form.")


class ICertified(ICredentials, Interface):
    """
    The viewer showed a certificate, and proved something beside it.
    """

    username: bytes = Attribute("A C{bytes}: the common name of the certificate.")
    certificate: IClientCertificate = Attribute("The certificate.")
    proof: ICredentials = Attribute("What was proved beside it.")
    agrees: bool = Attribute("A C{bool}: whether both are of the same user.")


class _Guarded:
    """
    Credentials whose secrets stay inside.

    @ivar host: The address that they came from, once it is known; C{None} if there is
        none.
    """

    __slots__ = ("host", "username")

    username: bytes | str
    host: str | None

    def __init__(self, username: bytes | str) -> None:
        self.username = username
        self.host = None

    def _secrets(self) -> tuple[Any, ...]:
        """
        @return: What the constructor takes after the user name.
        """
        raise NotImplementedError

    def withUsername(self, username: bytes | str) -> Self:
        """
        @return: The same proof for another name.
        """
        made = type(self)(username, *self._secrets())
        made.host = self.host
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.username!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not to be stored")


class _Clear(_Guarded):
    """
    Credentials with a password in clear.

    @ivar username: Who it claims to be.
    @ivar password: The password as C{bytes}.
    """

    __slots__ = ("password",)

    def __init__(self, username: bytes | str, password: bytes) -> None:
        super().__init__(username)
        self.password = password

    def _secrets(self) -> tuple[bytes, ...]:
        return (self.password,)

    def checkPassword(self, password: bytes | str) -> bool:
        """
        @param password: The stored password; of a L{VNCPassword} no more is compared
            than is known.

        @return: Whether it is the one given.
        """
        isShort = isinstance(password, VNCPassword)
        given = self.password[:8] if isShort else self.password
        return compare_digest(toBytes(password), given)


@implementer(IPassword)
class Password(_Clear):
    """
    A password without a name.
    """

    __slots__ = ()


@implementer(IUsernamePassword)
class UsernamePassword(_Clear):
    """
    A user name and a password.
    """

    __slots__ = ()


def vncKey(password: bytes) -> bytes:
    """
    @return: The DES key of a VNC password: its first eight bytes, padded with
        zeros, each byte's bits in reverse.
    """
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in password[:8].ljust(8, b"\0"))


def vncResponse(password: bytes, challenge: bytes) -> bytes:
    """
    Answer a challenge (RFC 6143, section 7.2.2).

    @param password: The password; only its first eight bytes count.

    @param challenge: A multiple of eight bytes.

    @return: As many bytes.
    """
    # Loaded only now, as servers without VNC authentication need no cryptography.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    # Triple DES whose three keys are one is single DES, which OpenSSL has no more.
    encryptor = Cipher(TripleDES(vncKey(password) * 3), modes.ECB()).encryptor()
    return encryptor.update(challenge) + encryptor.finalize()


@implementer(IUsernameHashedPassword)
class VNCResponse(_Guarded):
    """
    What a viewer answered to a challenge of VNC authentication.  Any checker that
    hands over the password it stored can check it.
    """

    __slots__ = ("_challenge", "_response")

    def __init__(
        self, username: bytes | str, challenge: bytes, response: bytes
    ) -> None:
        """
        @param challenge: The 16 bytes sent.

        @param response: The 16 bytes received.
        """
        super().__init__(username)
        self._challenge = challenge
        self._response = response

    def _secrets(self) -> tuple[bytes, ...]:
        return (self._challenge, self._response)

    def checkPassword(self, password: bytes | str) -> bool:
        """
        @param password: The stored password.

        @return: Whether the viewer knew it, as far as eight bytes can tell.
        """
        expected = vncResponse(toBytes(password), self._challenge)
        return compare_digest(expected, self._response)


@implementer(IClientCertificate)
class ClientCertificate(_Guarded):
    """
    A certificate that the viewer proved to own.

    @ivar certificate: Its DER form.
    """

    __slots__ = ("certificate",)

    def __init__(self, username: bytes | str, certificate: bytes) -> None:
        super().__init__(username)
        self.certificate = certificate

    def _secrets(self) -> tuple[bytes, ...]:
        return (self.certificate,)


@implementer(ICertified)
class Certified(_Guarded):
    """
    A certificate, and a password beside it.

    @ivar certificate: The L{ClientCertificate}.
    @ivar proof: The credentials with the password.
    @ivar agrees: Whether both name the same user.  If the viewer gave no name, or could
        not, its password is that of the user whom the certificate names.
    """

    __slots__ = ("agrees", "certificate", "proof")

    def __init__(self, certificate: ClientCertificate, proof: Any) -> None:
        super().__init__(certificate.username)
        name = toBytes(certificate.username)
        if not proof.username or IUsernameHashedPassword.providedBy(proof):
            proof = proof.withUsername(name)
        self.certificate = certificate
        self.proof = proof
        self.agrees = bool(name) and toBytes(proof.username) == name
