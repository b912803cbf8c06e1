"""A routing file without findings, to change one thing in."""

from pathlib import Path

BASE = """\
version: 1
defaults: {timezone: Europe/Berlin, fallback: platform}
tags: {owner: [Owner, Department]}
bounds: {severity: {at_least: info}, protected: [infra.own.alarm.*]}
owners:
  payments: {aliases: [Payments, 4711], queue: true, consumers: [111122223333]}
  search: {}
destinations:
  platform: {emails: [platform@example.org]}
  payments: {emails: [payments@example.org]}
severity_rules:
  - {when: {type: infra.own.thing, tag.Environment: prod}, set: error}
routes:
  - {name: critical, match: {owner: payments, severity: ">=error"}, to: [payments, platform]}
  - {name: payments, match: {owner: payments}, to: payments}
ignore:
  - {name: noise, match: {type: infra.own.noise, transitional: true}, reason: no news, expires: 2027-03-31}
tests:
  - {name: t1, given: {type: infra.own.thing, to: broken, owner: payments}, expect: {route: payments}}
  - {name: t2, given: {type: infra.own.thing, to: a, tags: {Owner: 4711, Environment: prod}}, expect: {route: critical}}
"""


def changed(file: Path, old: str, new: str) -> Path:
    """Write ``BASE`` to the file with one text, which occurs in it once, replaced."""
    assert BASE.count(old) == 1, old
    file.write_text(BASE.replace(old, new))
    return file
