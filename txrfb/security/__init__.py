# -*- test-case-name: tests.security.test_steps -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who may look on, and who may do more: the security types of RFB (RFC 6143,
section 7.2), joined to L{twisted.cred}.

A security type is an L{ISecurityType<txrfb.interfaces.ISecurityType>}: a
generator of the steps named here, which has neither input nor output of its own.
"""

from txrfb.error import SecurityError
from txrfb.security.steps import (
    ClientSteps,
    Context,
    Login,
    Read,
    Seal,
    StartTLS,
    Step,
    Steps,
    Unseal,
    Write,
)

__all__ = [
    "ClientSteps",
    "Context",
    "Login",
    "Read",
    "Seal",
    "SecurityError",
    "StartTLS",
    "Step",
    "Steps",
    "Unseal",
    "Write",
]
