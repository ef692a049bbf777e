# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.sealing}.
"""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.interfaces import ITCPTransport, ITransport
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.types.sealing import (
    EAX,
    PIECE,
    TAG,
    Opener,
    SealedTransport,
    Sealer,
)

KEY = bytes(range(16))


class EAXTests(SynchronousTestCase):
    """
    The mode itself.
    """

    #: Key, nonce, header, message, sealed message: from the paper by Bellare,
    #: Rogaway and Wagner.
    vectors = (
        (
            "233952DEE4D5ED5F9B9C6D6FF80FF478",
            "62EC67F9C3A4A407FCB2A8C49031A8B3",
            "6BFB914FD07EAE6B",
            "",
            "E037830E8389F27B025A2D6527E79D01",
        ),
        (
            "91945D3F4DCBEE0BF45EF52255F095A4",
            "BECAF043B0A23D843194BA972C66DEBD",
            "FA3BFD4806EB53FA",
            "F7FB",
            "19DD5C4C9331049D0BDAB0277408F67967E5",
        ),
        (
            "8395FCF1E95BEBD697BD010BC766AAC3",
            "22E7ADD93CFC6393C57EC0B3C17D6B44",
            "126735FCC320D25A",
            "CA40D7446E545FFAED3BD12A740A659FFBBB3CEAB7",
            "CB8920F87A6C75CFF39627B56E3ED197C552D295A7CFC46AFC253B4652B1AF3795B124AB6E",
        ),
    )

    def test_vectors(self) -> None:
        """
        It is the EAX of the paper.
        """
        for vector in self.vectors:
            key, nonce, header, message, sealed = map(bytes.fromhex, vector)
            count = int.from_bytes(nonce, "little")
            self.assertEqual(EAX(key, count).seal(header, message), sealed)
            opened = EAX(key, count).open(header, sealed[:-TAG], sealed[-TAG:])
            self.assertEqual(opened, message)

    def test_nonce(self) -> None:
        """
        The same bytes sealed again are other bytes.
        """
        eax = EAX(KEY)
        self.assertNotEqual(eax.seal(b"", b"again"), eax.seal(b"", b"again"))

    def test_pickle(self) -> None:
        """
        A key is not stored.
        """
        self.assertRaises(TypeError, pickle.dumps, EAX(KEY))


class StreamTests(SynchronousTestCase):
    """
    Streams of sealed messages.
    """

    @settings(max_examples=40, deadline=None)
    @given(
        st.sampled_from([16, 32]),
        st.lists(st.binary(max_size=300), max_size=6),
        st.integers(1, 400),
    )
    def test_roundTrip(self, size: int, parts: list[bytes], piece: int) -> None:
        """
        What goes in comes out, however it is cut on the way.
        """
        sealer, opener = Sealer(bytes(size)), Opener(bytes(size))
        sealed = b"".join(map(sealer.seal, parts))
        clear = b"".join(
            opener.unseal(sealed[at : at + piece])
            for at in range(0, len(sealed), piece)
        )
        self.assertEqual(clear, b"".join(parts))
        self.assertEqual(opener.held, 0)

    def test_pieces(self) -> None:
        """
        Long data is cut into messages, and no data is no message.
        """
        sealer, opener = Sealer(KEY), Opener(KEY)
        data = bytes(range(256)) * 300
        sealed = sealer.seal(data)
        messages = -(-len(data) // PIECE)
        self.assertEqual(len(sealed), len(data) + messages * (2 + TAG))
        self.assertEqual(sealed[:2], PIECE.to_bytes(2, "big"))
        self.assertEqual(opener.unseal(sealed), data)
        self.assertEqual(sealer.seal(b""), b"")

    def test_largest(self) -> None:
        """
        Messages of the largest size there is are understood, and no more than one
        is held.
        """
        eax, opener = EAX(KEY), Opener(KEY)
        data = bytes(65535)
        sealed = b"\xff\xff" + eax.seal(b"\xff\xff", data)
        self.assertEqual(opener.unseal(sealed[:-1]), b"")
        self.assertEqual(opener.held, len(sealed) - 1)
        self.assertEqual(opener.unseal(sealed[-1:]), data)

    def test_empty(self) -> None:
        """
        A message with nothing in it is refused, though its tag is right: who sends
        18 bytes for nothing wants them to be checked.
        """
        sealed = b"\0\0" + EAX(KEY).seal(b"\0\0", b"")
        error = self.assertRaises(ValueError, Opener(KEY).unseal, sealed)
        self.assertEqual(str(error), "a sealed message is empty")

    def test_missing(self) -> None:
        """
        What is missing is what the message that has begun lacks, and nothing between
        two messages.
        """
        sealed, opener = Sealer(KEY).seal(b"attack at dawn"), Opener(KEY)
        missing = [opener.missing]
        for at in range(len(sealed)):
            opener.unseal(sealed[at : at + 1])
            missing.append(opener.missing)
        self.assertEqual(missing, [0, 1, *range(len(sealed) - 2, -1, -1)])

    def test_forged(self) -> None:
        """
        A message of which any bit is another is refused; so is one that comes twice,
        or whose predecessor was left out.
        """
        sealed = Sealer(KEY).seal(b"attack at dawn")
        for at in range(2, len(sealed)):
            damaged = bytearray(sealed)
            damaged[at] ^= 1 << at % 8
            self.assertRaises(ValueError, Opener(KEY).unseal, bytes(damaged))
        shorter = b"\x00\x0d" + sealed[2:]
        self.assertRaises(ValueError, Opener(KEY).unseal, shorter)
        opener = Opener(KEY)
        opener.unseal(sealed)
        self.assertRaises(ValueError, opener.unseal, sealed)
        sealer = Sealer(KEY)
        sealer.seal(b"first")
        self.assertRaises(ValueError, Opener(KEY).unseal, sealer.seal(b"second"))


class SealedTransportTests(SynchronousTestCase):
    """
    A transport that seals.
    """

    def setUp(self) -> None:
        self.inner = StringTransport()
        self.sealed = SealedTransport(self.inner, Sealer(KEY))

    def test_write(self) -> None:
        """
        What is written is sealed, in order.
        """
        self.sealed.write(b"one")
        self.sealed.writeSequence([b"two", b"three"])
        self.assertNotIn(b"one", self.inner.value())
        self.assertEqual(Opener(KEY).unseal(self.inner.value()), b"onetwothree")

    def test_rest(self) -> None:
        """
        Everything else is the business of the transport inside.
        """
        producer: object = object()
        self.sealed.registerProducer(producer, True)
        self.assertIs(self.inner.producer, producer)
        self.sealed.unregisterProducer()
        self.assertEqual(self.sealed.getPeer(), self.inner.getPeer())
        self.sealed.loseConnection()
        self.assertTrue(self.inner.disconnecting)
        self.assertTrue(ITransport.providedBy(self.sealed))
        self.assertFalse(ITCPTransport.providedBy(self.sealed))
        self.assertRaises(AttributeError, getattr, self.sealed, "startTLS")
