# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
The benchmarks: deterministic workloads played by txrfb and by other VNC servers.

C{python -m benchmarks} runs all of them; L{benchmarks.__main__} says what it does.
"""
