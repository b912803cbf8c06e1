"""The commands ``spool`` and ``flush``; infra-events-snmp.pyz starts here too."""

import sys


def main() -> int:
    """Run the command that the one argument names, and return its exit status."""
    # Only one of the two is loaded: the handler must be quick, and the flusher needs botocore.
    if sys.argv[1:] == ["spool"]:
        from infra_events_snmp import handler  # noqa: PLC0415

        return handler.spool_trap()
    if sys.argv[1:] == ["flush"]:
        from infra_events_snmp import flusher  # noqa: PLC0415

        return flusher.flush()
    sys.exit("usage: infra-events-snmp.pyz spool < trap | flush")


if __name__ == "__main__":
    sys.exit(main())
