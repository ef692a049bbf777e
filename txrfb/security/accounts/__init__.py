# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Accounts: users, passwords and rights, for the portal that judges a login.
"""
