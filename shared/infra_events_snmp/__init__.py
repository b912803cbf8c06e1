"""SNMP traps as events: snmptrapd hands each to `spool`, and `flush` takes what is spooled to an event bus.

The two share a folder and nothing else, so a trap is safe on disk before AWS is asked for anything. `make package`
makes one file of this package and what it needs, dist/infra-events-snmp.pyz, which runs on Debian's own Python 3.11
with python3-boto3. docs/sources.md says how to install it.
"""
