"""`python3 -m shop COMMAND`: web, worker, migrate or web-health; 0 only if all went well."""

import os
import sys

from shop import health


def main(arguments: list[str]) -> int:
    """Run one command; 0 if all went well, 1 if not, 2 if it was called or set up wrongly."""
    if arguments == ["web-health"]:
        return 0 if health.web_is_well(os.environ) else 1
    from shop import processes  # the check takes a third of the time without

    return processes.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
