"""`spool` takes a trap from snmptrapd, `flush` sends what is spooled; infra-events-snmp.pyz begins here too."""

import sys


def main() -> int:
    """Do what the one argument says."""
    # Only one of the two is loaded: the handler must be quick, and the other needs botocore.
    if sys.argv[1:] == ["spool"]:
        from infra_events_snmp import handler  # noqa: PLC0415

        return handler.main()
    if sys.argv[1:] == ["flush"]:
        from infra_events_snmp import flusher  # noqa: PLC0415

        return flusher.main()
    sys.exit("usage: infra-events-snmp.pyz spool < trap | flush")


if __name__ == "__main__":
    sys.exit(main())
