# -*- test-case-name: tests.security.test_face -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who may watch, and who may do more: the security types of RFB (RFC 6143, section 7.2),
joined to L{twisted.cred}.

A security type is an L{ISecurityType<txrfb.interfaces.ISecurityType>}: a generator of
the steps named here, which has neither input nor output of its own.

Everything that an embedder needs can be imported from here, by its groups:

  - to write a security type: the steps, L{Context}, L{Conditions};
  - the security types: L{NoSecurity}, L{VNCAuth}, L{VeNCrypt} and others, made by hand
    or by L{securityTypes} from what L{choose} understands;
  - who is who: L{portalFor}, the checkers, the credentials that they are given;
  - what viewers may do: L{IRights}, L{Rights}, L{FULL}, L{VIEW_ONLY};
  - who may try: L{Gate}, L{Networks}, L{Doorkeeper}; L{makeGate} and L{makePortal}
    make all of it of names, paths and numbers;
  - keys and certificates: L{HostKey}, L{TLS}, L{ReloadingTLS}, L{createSelfSigned};
  - the viewer's side: L{securityFor}, L{viewerTLS}.

What needs cryptography or pyOpenSSL is loaded when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from txrfb.error import SecurityError
from txrfb.security.steps import (
    ClientSteps,
    Context,
    Login,
    Read,
    Receiver,
    Seal,
    Sender,
    StartTLS,
    Step,
    Steps,
    Turn,
    Unseal,
    Write,
)

if TYPE_CHECKING:
    from txrfb.security.accounts.checkers import CertificateChecker, PlainFile
    from txrfb.security.accounts.credentials import (
        Certified,
        ClientCertificate,
        ICertified,
        IClientCertificate,
        IPassword,
        Password,
        UsernamePassword,
        VNCResponse,
    )
    from txrfb.security.accounts.login import LoginChecker
    from txrfb.security.accounts.names import Names, NamesFile
    from txrfb.security.accounts.pam import PAMChecker
    from txrfb.security.accounts.realm import PasswordChecker, RFBRealm, portalFor
    from txrfb.security.accounts.rights import (
        FULL,
        VIEW_ONLY,
        IKnowsRights,
        IRights,
        IUserScreen,
        RightfulId,
        Rights,
        UserScreen,
    )
    from txrfb.security.accounts.users import UsersFile
    from txrfb.security.admission.addresses import Networks
    from txrfb.security.admission.assembly import makeGate, makePortal
    from txrfb.security.admission.choice import Choice, choose
    from txrfb.security.admission.doorkeeper import Doorkeeper
    from txrfb.security.admission.gate import Gate
    from txrfb.security.admission.maker import securityTypes
    from txrfb.security.admission.weaknesses import weaknesses
    from txrfb.security.client import securityFor
    from txrfb.security.tls.certificates import createSelfSigned, selfSigned
    from txrfb.security.tls.client import viewerTLS
    from txrfb.security.tls.server import TLS, ReloadingTLS
    from txrfb.security.types.ard import AppleDH
    from txrfb.security.types.conditions import Conditions
    from txrfb.security.types.hostkey import HostKey
    from txrfb.security.types.mslogon import MSLogonII
    from txrfb.security.types.none import NoSecurity
    from txrfb.security.types.plain import Plain
    from txrfb.security.types.rsaaes import RSAAES
    from txrfb.security.types.vencrypt import SubType, VeNCrypt, subTypes
    from txrfb.security.types.vncauth import VNCAuth
    from txrfb.security.worker import Worker

__all__ = [
    "FULL",
    "RSAAES",
    "TLS",
    "VIEW_ONLY",
    "AppleDH",
    "CertificateChecker",
    "Certified",
    "Choice",
    "ClientCertificate",
    "ClientSteps",
    "Conditions",
    "Context",
    "Doorkeeper",
    "Gate",
    "HostKey",
    "ICertified",
    "IClientCertificate",
    "IKnowsRights",
    "IPassword",
    "IRights",
    "IUserScreen",
    "Login",
    "LoginChecker",
    "MSLogonII",
    "Names",
    "NamesFile",
    "Networks",
    "NoSecurity",
    "PAMChecker",
    "Password",
    "PasswordChecker",
    "Plain",
    "PlainFile",
    "RFBRealm",
    "Read",
    "Receiver",
    "ReloadingTLS",
    "RightfulId",
    "Rights",
    "Seal",
    "SecurityError",
    "Sender",
    "StartTLS",
    "Step",
    "Steps",
    "SubType",
    "Turn",
    "Unseal",
    "UserScreen",
    "UsernamePassword",
    "UsersFile",
    "VNCAuth",
    "VNCResponse",
    "VeNCrypt",
    "Worker",
    "Write",
    "choose",
    "createSelfSigned",
    "makeGate",
    "makePortal",
    "portalFor",
    "securityFor",
    "securityTypes",
    "selfSigned",
    "subTypes",
    "viewerTLS",
    "weaknesses",
]

#: Where to find what is loaded when it is asked for: the names of each module.
_LATER = {
    "accounts.checkers": "CertificateChecker PlainFile",
    "accounts.credentials": "Certified ClientCertificate ICertified IClientCertificate"
    " IPassword Password"
    " UsernamePassword VNCResponse",
    "accounts.pam": "PAMChecker",
    "accounts.login": "LoginChecker",
    "accounts.names": "Names NamesFile",
    "accounts.realm": "PasswordChecker RFBRealm portalFor",
    "accounts.rights": "FULL IKnowsRights IRights IUserScreen RightfulId Rights"
    " UserScreen VIEW_ONLY",
    "accounts.users": "UsersFile",
    "admission.addresses": "Networks",
    "admission.assembly": "makeGate makePortal",
    "admission.choice": "Choice choose",
    "admission.doorkeeper": "Doorkeeper",
    "admission.gate": "Gate",
    "admission.maker": "securityTypes",
    "admission.weaknesses": "weaknesses",
    "client": "securityFor",
    "tls.certificates": "createSelfSigned selfSigned",
    "tls.client": "viewerTLS",
    "tls.server": "ReloadingTLS TLS",
    "types.ard": "AppleDH",
    "types.conditions": "Conditions",
    "types.hostkey": "HostKey",
    "types.mslogon": "MSLogonII",
    "types.none": "NoSecurity",
    "types.plain": "Plain",
    "types.rsaaes": "RSAAES",
    "types.vencrypt": "SubType VeNCrypt subTypes",
    "types.vncauth": "VNCAuth",
    "worker": "Worker",
}

_MODULES = {name: module for module, names in _LATER.items() for name in names.split()}

if not TYPE_CHECKING:
    # A type checker would believe that there is every name.

    def __getattr__(name: str) -> object:
        """
        Load what is asked for first (PEP 562).
        """
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = found
        return found
