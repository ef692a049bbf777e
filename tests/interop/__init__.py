# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Real viewers against a real server: what each shows is compared with the framebuffer,
pixel for pixel, and what is typed and clicked in it with what the server heard.

    - L{tests.interop.viewers}: the viewers, with one contract;
    - L{tests.interop.case}: the test case that serves a framebuffer to them;
    - L{tests.interop.xserver}, L{tests.interop.devtools}, L{tests.interop.bridge},
      L{tests.interop.drivers}, L{tests.interop.processes}: what they stand on.

C{apt-packages.txt} lists the Debian packages that all of them need together, and
C{npm ci --prefix tests/interop} brings noVNC. A viewer that is not installed is
skipped by name; where C{CI} is set in the environment it is a failure.
"""
