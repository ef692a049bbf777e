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
Checks users of this system by PAM.  The argument is a PAM service: the name of a file
in /etc/pam.d that says how to check.  It needs python-pam.  Unless it is run by root,
the system's usual modules know only the user who runs the server.
"""


@implementer(ICheckerFactory, IPlugin)
class PAMCheckerFactory:
    """
    Makes checkers for C{pam:SERVICE}.
    """

    authType = "pam"
    authHelp = _HELP
    argStringFormat = "The name of a PAM service."
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> Any:
        """
        @param argstring: The service.

        @raise ValueError: if there is no such service, or no python-pam.
        """
        # Only now: every twistd command loads this file.
        from txrfb.security.accounts.pam import PAMChecker

        try:
            return PAMChecker(argstring)
        except ImportError:
            raise ValueError("python-pam is not installed") from None


pamChecker = PAMCheckerFactory()
