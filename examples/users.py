"""Who is in the program's own database comes in: python users.py [PORT or endpoint]"""

import hashlib
import hmac
import sys

from twisted.internet.threads import deferToThread

from txrfb import MemoryFramebuffer, serve
from txrfb.security import FULL, VIEW_ONLY


def digest(password):
    return hashlib.scrypt(password.encode(), salt=b"example", n=4096, r=8, p=1)


USERS = {"ada": (digest("enchantress"), FULL), "bob": (digest("look!"), VIEW_ONLY)}


async def login(name, password, address):
    known, rights = USERS.get(name, (b"", None))
    given = await deferToThread(digest, password)
    return rights if hmac.compare_digest(given, known) else None


serve(MemoryFramebuffer(320, 240, "For users"), *sys.argv[1:], login=login)
