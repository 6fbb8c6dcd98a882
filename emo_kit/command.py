"""The commands `emo` and `dashscope-emo-kit`."""

from __future__ import annotations

import sys

from emo_kit.shadowing import shadowed_by, shown

PACKAGES = ("contracts", "emo_client", "mock_server")
WRONG_USAGE, INTERRUPTED = 2, 130


def main() -> None:
    """Run the command line. Ctrl-C exits with 130, also while modules are being imported."""
    try:
        _main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _main() -> None:
    """Run the command line. If PYTHONPATH leads to another package named like one of the kit's,
    print which one and exit with 2: no command could import its modules."""
    for package in PACKAGES:
        other = shadowed_by(package)
        if other is not None:
            print(
                f"Error: {shown(other)} hides the package {package!r} of dashscope-emo-kit, which "
                f"emo needs: run emo with a PYTHONPATH that does not lead to it, such as "
                "an empty one",
                file=sys.stderr,
            )
            sys.exit(WRONG_USAGE)
    from emo_kit.cli.main import main as run

    run()
