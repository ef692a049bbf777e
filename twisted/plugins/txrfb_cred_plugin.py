# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Lets programs with C{--auth} options check the users of the system by PAM.
"""

from __future__ import annotations

from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import ICheckerFactory
from twisted.plugin import IPlugin
from zope.interface import implementer

_HELP = """
Checks users of this system by PAM.  The argument is a PAM service, which is the name of
a file in /etc/pam.d that says how to check, a colon, and who may come: users and groups
with commas between them, each perhaps with its rights, such as ann,bob:view,@staff; or
the path of a file that has one of them in each line.  It needs python-pam.  Unless it
is run by root, the system's usual modules know only the user who runs the server.
"""


@implementer(ICheckerFactory, IPlugin)
class PAMCheckerFactory:
    """
    Makes checkers for C{pam:SERVICE:NAMES}.
    """

    authType = "pam"
    authHelp = _HELP
    argStringFormat = "SERVICE:NAMES, or SERVICE:/PATH of a file of names"
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> Any:
        """
        @param argstring: The service, and who may come.

        @raise ValueError: if there is no such service, nobody who may come, or no
            python-pam.
        """
        # Only now: every twistd command loads this file.
        from txrfb.security.accounts.pam import PAMChecker, checkService, namesFrom

        service, _, names = argstring.partition(":")
        checkService(service)
        if not names:
            raise ValueError(
                f"pam:{service} lets nobody in: who may come is to be named behind it,"
                f" as in pam:{service}:ann,bob:view,@staff"
            )
        try:
            return PAMChecker(service, namesFrom(names))
        except ImportError:
            raise ValueError("python-pam 2.0.2 or later is not installed") from None
        except OSError as error:
            raise ValueError(f"{error.filename!r}: {error.strerror}") from None


pamChecker = PAMCheckerFactory()
