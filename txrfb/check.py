# -*- test-case-name: tests.test_check -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A check of how a server is set up, in words: C{twistd rfb --check}.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

import twisted
from txrfb import __version__, kernels
from txrfb.framebuffers._taken import sizeInWords
from txrfb.interfaces import IFramebuffer
from txrfb.ports import Target, isPublic
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.summary import summaryOf
from txrfb.service import Listener

__all__ = ["check"]


def check(
    framebuffer: IFramebuffer,
    name: str | None,
    gate: Gate,
    listeners: Sequence[Listener],
    targets: Sequence[Target],
    who: Sequence[str],
    warnings: Sequence[str],
    maxViewers: int,
    viewOnly: bool = False,
    web: Sequence[Listener] = (),
    recorded: Sequence[str] = (),
    published: Sequence[str] = (),
) -> Iterator[str]:
    """
    @param framebuffer: What is shown.

    @param name: The desktop's name, if it is not the framebuffer's own.

    @param gate: What lets viewers in.

    @param listeners: Where it listens.

    @param targets: Where it connects.

    @param who: Who may log in.

    @param warnings: What the administrator should know.

    @param maxViewers: How many viewers there may be.

    @param viewOnly: Whether the input of all viewers is dropped.

    @param web: Where it listens for browsers.

    @param recorded: What is recorded, and where.

    @param published: What is published, and where.

    @return: What this server is, lines of text.
    """
    yield (
        f"txrfb {__version__}, Twisted {twisted.__version__}, Python"
        f" {platform.python_version()}, kernels in {'C' if kernels.NATIVE else 'numpy'}"
    )
    yield "It shows:"
    shown = framebuffer.name if name is None else name
    yield f"  {shown!r}, {sizeInWords(framebuffer)}" + (
        ", view only" if viewOnly else ""
    )
    yield "It is reached at:"
    for listener in listeners:
        yield f"  {listener.description}, by {_audience(listener.description)}"
    for listener in web:
        audience = _audience(listener.description)
        yield f"  {listener.description}, with a browser, by {audience}"
    for target in targets:
        yield f"  {target.where}, where it connects to"
    yield "Viewers may come from:"
    yield f"  {gate.networks}; {maxViewers} at a time"
    yield "Who may log in:"
    for one in who:
        yield f"  {one}"
    yield "How, the better first:"
    for name, asks, protects, viewers in summaryOf(
        gate.types, gate.portal, gate.tls is not None
    ):
        yield f"  {name.ljust(9)} asks for {asks}; {protects}"
        yield f"  {' ' * 9} viewers: {viewers}"
    if recorded:
        yield "It is recorded:"
    for one in recorded:
        yield f"  {one}"
    if published:
        yield "It is published:"
    for one in published:
        yield f"  {one}"
    if warnings:
        yield "Warnings:"
        for warning in warnings:
            yield f"  {warning}"


def _audience(description: str) -> str:
    """
    @return: Who can connect to an endpoint.
    """
    if description.startswith("haproxy:"):
        return "whom its proxy lets through"
    if description.startswith("unix:"):
        return "those who may open it"
    return "all who can reach it" if isPublic(description) else "this machine only"
