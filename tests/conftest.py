# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What pytest does for the tests that trial does for itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def workingDirectory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """
    Run in a temporary directory, where C{mktemp} of the test cases puts its files.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tests"))
        yield
