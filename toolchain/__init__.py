"""Install what Slipway needs into one cache folder: Python packages, Pulumi, its plugins.

Standard library only: it runs with a plain `python3`, before any virtual environment exists.
"""

import sys

OLDEST = (3, 11)

# Here, because an older Python cannot import the modules of this package.
if sys.version_info < OLDEST:
    sys.exit(
        "error: Python {}.{} or newer is required; {} is {}.{}\n"
        "Install it and run `make setup PYTHON=/path/to/python3`.".format(
            *OLDEST, sys.executable, *sys.version_info[:2]
        )
    )
