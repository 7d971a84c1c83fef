"""Whether systemd-logind ends the watchdog together with the SSH session that started it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

MAIN = "etc/systemd/logind.conf"
FOLDERS = ("usr/lib", "usr/local/lib", "run", "etc")  # those of later ones win; logind.conf(5)
TRUE = ("1", "yes", "true", "on")


def faults(user: str, root: Path = Path("/")) -> Iterator[str]:
    """A fault where processes of `user` end with its session; none without systemd."""
    if not (root / "run/systemd/system").is_dir():
        return
    settings = _settings(root)
    ends = settings.get("KillUserProcesses", "no").lower() in TRUE
    only = settings.get("KillOnlyUsers", "").split()
    spared = user in settings.get("KillExcludeUsers", "root").split() or (only and user not in only)
    lingers = (root / "var/lib/systemd/linger" / user).exists()
    if ends and not spared and not lingers:
        yield (
            "KillUserProcesses=yes in logind's configuration ends the watchdog with the SSH"
            f" session. Run `loginctl enable-linger {user}` as root, or set it to no"
        )


def _settings(root: Path) -> Mapping[str, str]:
    """Each setting's last value. A file hides those of its name in earlier folders."""
    dropped: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in (root / folder / "systemd/logind.conf.d").glob("*.conf"):
            dropped[path.name] = path
    found = {}
    for path in (root / MAIN, *(dropped[name] for name in sorted(dropped))):
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            key, is_setting, value = line.strip().partition("=")
            if is_setting and not key.startswith(("#", ";")):
                found[key.strip()] = value.strip()
    return found
