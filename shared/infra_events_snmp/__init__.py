"""SNMP traps as events: snmptrapd hands each trap to ``spool``; ``flush`` sends the spooled events to an event bus.

The two share a folder and nothing else, so a trap is safe on disk before AWS is called. ``make package`` builds one
file of this package and the modules that it imports, dist/infra-events-snmp.pyz. It runs on Debian's Python 3.11 with
python3-boto3. docs/sources.md explains how to install it.
"""
