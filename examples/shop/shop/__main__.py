"""`shop COMMAND`: web, worker, migrate, or a health check. Exits with 0 only if all went well."""

import os
import sys

from shop import health


def main(arguments: list[str]) -> int:
    """Run one command; 0 if all went well, 1 if not, 2 if it was called or set up wrongly."""
    check = health.CHECKS.get(arguments[0]) if len(arguments) == 1 else None
    if check:
        return 0 if check(os.environ) else 1
    from shop import processes  # a check takes a third of the time without

    return processes.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
