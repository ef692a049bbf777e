# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Admission: which connections are welcome, what they are offered, and who may log in.
"""
