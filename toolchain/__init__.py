"""What Slipway needs on this machine, in one cache folder: Python packages, Pulumi, its plugins.

Standard library only: it runs with a bare `python3`, before any virtual environment exists.
"""

import sys

OLDEST = (3, 11)

# Here, because the modules of this package don't even load on an older Python.
if sys.version_info < OLDEST:
    sys.exit(
        "error: Python {}.{} or newer is needed; {} is {}.{}\n"
        "Install it and run `make setup PYTHON=/path/to/python3`.".format(
            *OLDEST, sys.executable, *sys.version_info[:2]
        )
    )
