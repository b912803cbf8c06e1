"""Every mistake in a routing file is found, each at its line."""

import json
from pathlib import Path

import pytest

from scripts.compile.routing import check as routing
from scripts.project import CommandError
from tests.support.routing_file import BASE, changed
from tests.unit.scripts.compile.routing.test_coverage import REACHABLE, UNREACHABLE


def findings(file: Path) -> list[str]:
    with pytest.raises(CommandError) as error:
        routing.compiled(file)
    return str(error.value).split("\n       ")


def warnings(file: Path) -> list[str]:
    checked = routing.check(file)
    assert [str(error) for error in checked.errors] == []
    return [str(warning) for warning in checked.warnings]


def test_nothing_is_wrong_with_the_base(file: Path) -> None:
    assert warnings(file) == []


MISTAKES = [
    ("version: 1", "version: 2", "1: version: 1 was expected (The form of this file, always 1)"),
    ("tags: {owner", "tag: {owner", "3: tag: tag is not known here (did you mean tags?)"),
    (", set: error", ", sets: error", "sets is not known here (did you mean set?)"),
    ("timezone: Europe/Berlin", "timezone: Europe/Berln", "is no time zone (did you mean Europe/Berlin?)"),
    ("fallback: platform", "fallback: platfrom", "2: defaults.fallback: there is no destination 'platfrom' (did you"),
    ("fallback: platform", "", "2: defaults.fallback: fallback is missing"),
    ("at_least: info", "at_least: loud", "4: bounds.severity.at_least: 'loud' is not right (debug, info, warn"),
    ("at_least: info", "at_least: fatal, at_most: info", "4: bounds.severity: at_least is more than at_most"),
    ("severity: {at_least: info}", "max_mute_days: 0", "4: bounds.max_mute_days: 0 is less than the minimum"),
    ("  search:", "  Search:", "7: owners.Search: 'Search' is no name for this (An owner's name is up to 32"),
    ("search: {}", "search: {aliases: [Payments]}", "7: owners.search.aliases.0: 'Payments' means payments already"),
    ("search: {}", "search: {aliases: [payments]}", "7: owners.search.aliases.0: 'payments' means payments already"),
    ("search: {}", 'search: {aliases: ["s "]}', "7: owners.search.aliases.0: 's ' begins or ends with a space"),
    ("search: {}", "search: {queue: yes}", "7: owners.search.queue: 'yes' is not of type 'boolean'"),
    ("[111122223333]", "[11112222333]", "6: owners.payments.consumers.0: 11112222333 is less than"),
    ("[111122223333]", '["arn:aws:s3:::b"]', "6: owners.payments.consumers.0: 'arn:aws:s3:::b' is not right (An acc"),
    ("[111122223333]", '["*"]', "6: owners.payments.consumers.0: '*' is not right"),
    ("[platform@example.org]", "[platform]", "9: destinations.platform.emails.0: 'platform' is not right (A plain"),
    ("[platform@example.org]", '["a@b.org, c@d.org"]', "9: destinations.platform.emails.0"),
    ("[platform@example.org]", '["P <a@b.org>"]', "9: destinations.platform.emails.0"),
    ("[platform@example.org]", '["a@b.org\\n"]', "9: destinations.platform.emails.0: a text has one line"),
    ("[platform@example.org]", "[]", "9: destinations.platform.emails: [] should be non-empty (1 to 50 addresses"),
    (
        "{emails: [platform@example.org]}",
        "{chat: {secret: a/b}}",
        "9: destinations.platform.emails: emails is missing (Only emails are served",
    ),
    ("set: error", "set: critical", "12: severity_rules.0.set: 'critical' is not right (debug, info, warn"),
    ('">=error"', '">=critical"', "14: routes.0.match.severity: '>=CRITICAL' is no severity"),
    ("to: [payments, platform]", "to: [payment]", "14: routes.0.to: there is no destination 'payment' (did you mean"),
    ("to: [payments, platform]", "to: []", "14: routes.0.to: [] should be non-empty"),
    ("to: [payments, platform]", "to: [a@b.org]", "14: routes.0.to: there is no destination 'a@b.org' (there is pay"),
    ("name: critical, ", "name: payments, ", "15: routes.1.name: 'payments' is taken in line 14"),
    (
        "{owner: payments}, to",
        "{owner: Payments}, to",
        "15: routes.1.match.owner: 'Payments' is no owner (it is an alias",
    ),
    ("{owner: payments}, to", "{owner: paymets}, to", "15: routes.1.match.owner: 'paymets' is no owner (did you mean"),
    ("{owner: payments}, to", '{owner: "x*"}, to', "15: routes.1.match.owner: 'x*' is no owner"),
    ("{owner: payments}, to", "{onwer: payments}, to", "15: routes.1.match.onwer: onwer is nothing an event has (did"),
    ("{owner: payments}, to", "{tag.: a}, to", "15: routes.1.match.tag.: tag. is nothing an event has"),
    ("{owner: payments}, to", "{tag.A: a, tag.a: b}, to", "15: routes.1.match.tag.a: this is tag.A again"),
    ("{owner: payments}, to", "{owner: []}, to", "15: routes.1.match.owner: [] should be non-empty"),
    ("{owner: payments}, to", "{owner: }, to", "15: routes.1.match.owner: None is not of type"),
    ("{owner: payments}, to", "{tag.Version: 1.10}, to", "15: routes.1.match.tag.Version: 1.1 is not of type"),
    ("{owner: payments}, to", '{to: ["!a", b]}, to', "15: routes.1.match.to: '!a' excludes nothing: no other text"),
    ("{owner: payments}, to", '{to: ["b*", "!b*"]}, to', "15: routes.1.match.to: no event could satisfy this"),
    ("{owner: payments}, to", '{severity: [">=error", "!warn"]}, to', "15: routes.1.match.severity: '!WARN' excludes"),
    ("{owner: payments}, to", '{to: "!"}, to', "15: routes.1.match.to: only a tag can be empty (write !* for what"),
    ("{owner: payments}, to", '{to: ""}, to', "15: routes.1.match.to: only a tag can be empty (write !* for what"),
    ("{owner: payments}, to", "{tag.A: }, to", "15: routes.1.match.tag.A: None is not of type"),
    ("{owner: payments}, to", "{account: prod}, to", "'prod' is no account (accounts.yaml, beside this file, names"),
    ("{owner: payments}, to", "{detail.findings: a}, to", "is nothing an event has (there is account, account_id"),
    ("{owner: payments}, to", "{labels.: a}, to", "15: routes.1.match.labels.: labels. is nothing an event has (did"),
    ("expires: 2027-03-31", "from: soon, expires: 2027-03-31", "17: ignore.0.from: 'soon' is no date or time"),
    (
        "expires: 2027-03-31",
        "from: 2027-04-01, expires: 2027-03-31",
        "17: ignore.0.from: it ends 2027-03-31, and only begins 2027-04-01: it would ignore nothing",
    ),
    ("owner: [Owner, Department]}", "owner: Owner, split: a}", "3: tags.split: 'a' is not right (What stands between"),
    ("owner: [Owner, Department]}", "owner: Owner, owner_keys: both}", "3: tags.owner_keys: 'both' is not one of"),
    ("version: 1", 'version: 1\naccounts: {"111122223333": prod}', "2: accounts: accounts are named in accounts.yaml,"),
    ("[platform@example.org]", f"[{'a' * 65}@example.org]", "(A plain address such as team@example.org: up to 64 char"),
    ("[platform@example.org]", f"[a@{'b' * 64}.org]", "(A plain address such as team@example.org: up to 64 char"),
    ("{owner: payments}, to", '{to: ">=warn"}, to', "15: routes.1.match.to: '>=warn': only a severity has an order"),
    ("{owner: payments}, to", '{to: "!*"}, to', "15: routes.1.match.to: no event could satisfy this"),
    ("{owner: payments}, to", '{drill: ["!true", "!false"]}, to', "15: routes.1.match.drill: no event could satisfy"),
    ("{owner: payments}, to", "{transitional: maybe}, to", "15: routes.1.match.transitional: 'maybe' is no transit"),
    ("{owner: payments}, to", "{phase: dying}, to", "15: routes.1.match.phase: 'dying' is no phase (there is depro"),
    ("{owner: payments, severity", "{owner: search, severity", "20: tests.1: t2: route is payments, not critical"),
    (", expires: 2027-03-31", "", "17: ignore.0.expires: expires is missing (Every ignore has a name, a reason"),
    (", reason: no news", "", "17: ignore.0.reason: reason is missing"),
    ("reason: no news", 'reason: " "', "17: ignore.0.reason: ' ' is not right (Why nobody needs to hear of it)"),
    ("expires: 2027-03-31", "expires: 2027-02-31", "17: ignore.0.expires: '2027-02-31' is no date or time"),
    (
        "expires: 2027-03-31",
        "expires: 9999-12-31T23:00:00-12:00",
        "17: ignore.0.expires: '9999-12-31T23:00:00-12:00' is",
    ),
    ("expires: 2027-03-31", "expires: 20270331", "17: ignore.0.expires: 20270331 is not of type 'string' (A date such"),
    ("expires: 2027-03-31", "expires: never", "17: ignore.0.expires: 'never' is no date or time"),
    ("{type: infra.own.noise, transitional: true}", "{}", "17: ignore.0.match: {} should be non-empty"),
    (
        "type: infra.own.noise",
        "type: infra.aws.*",
        "17: ignore.0.match.type: 'infra.aws.*' reaches infra.aws.access-analyzer.*",
    ),
    (
        "type: infra.own.noise",
        "type: infra.aws.iam.mfa.*",
        "17: ignore.0.match.type: 'infra.aws.iam.mfa.*' reaches infra.aws.iam.mfa.disabled",
    ),
    ("type: infra.own.noise", "type: infra.aws.kms.key.deleted", "17: ignore.0.match.type: 'infra.aws.kms.key"),
    ("type: infra.own.noise", "type: '*.root.x'", "17: ignore.0.match.type: '*.root.x' reaches infra.aws."),
    (
        "type: infra.own.noise",
        "type: infra.own.alarm.x",
        "17: ignore.0.match.type: 'infra.own.alarm.x' reaches infra.own",
    ),
    (
        "reason: no news",
        "reason: see https://hooks.slack.com/services/T0/B0/x",
        "17: this looks like a webhook's address",
    ),
    ("reason: no news", "reason: xoxb-1-2", "17: this looks like a Slack token"),
    ("reason: no news", "reason: AKIAIOSFODNN7EXAMPLE", "17: this looks like an AWS access key"),
    ("reason: no news", "reason: 'https://x.example/?sig=abc'", "17: this looks like a signature"),
    ("tests:", "# https://x.webhook.office.com/y\ntests:", "18: this looks like a webhook's address"),
    ("expect: {route: payments}", "expect: {route: payment}", "19: tests.0.expect.route: there is no route 'payment'"),
    ("expect: {route: payments}", "expect: {to: nobody}", "19: tests.0.expect.to: there is no destination 'nobody'"),
    ("expect: {route: payments}", "expect: {owner: pay}", "19: tests.0.expect.owner: there is no owner 'pay'"),
    ("expect: {route: payments}", "expect: {to: payments}", "15: routes.1: no test expects payments (add one to tests"),
    ("expect: {route: payments}", "expect: {}", "19: tests.0.expect: {} should be non-empty"),
    ("to: broken, owner: payments}", "to: broken, at: x}", "19: tests.0.given.at: 'x' is no time"),
    ("infra.own.thing, to: broken", "infra.own.*, to: broken", "19: tests.0.given.type: an event's type has no *"),
    ("name: t1", "name: t2", "20: tests.1.name: 't2' is taken in line 19 (names are unique)"),
]


@pytest.mark.parametrize(("old", "new", "finding"), MISTAKES)
def test_a_mistake_is_found_at_its_line(file: Path, old: str, new: str, finding: str) -> None:
    found = findings(changed(file, old, new))
    assert any(finding in line for line in found), found
    assert all(line.startswith("a.routing.yaml:") for line in found)


def test_all_mistakes_are_found_at_once_in_the_order_of_their_lines(file: Path) -> None:
    text = BASE
    wrong = {
        "Europe/Berlin": "Berlin",
        "search: {}": "search: {quue: 1}",
        "set: error": "set: x",
        "name: t2": "name: t1",
    }
    for old, new in wrong.items():
        text = text.replace(old, new)
    file.write_text(text)
    assert [int(line.split(":")[1]) for line in findings(file)] == [2, 7, 12, 20]


def test_one_mistake_is_reported_once(file: Path) -> None:
    """A broken destination is still a name: nothing that leads there is wrong."""
    assert len(findings(changed(file, "[payments@example.org]", "[payments]"))) == 1
    assert len(findings(changed(file, ", reason: no news, expires: 2027-03-31", ""))) == 2


def test_a_secret_is_not_repeated(file: Path) -> None:
    secret = "https://hooks.slack.com/services/T0/B0/xyz"
    found = findings(changed(file, "[platform@example.org]", f'["{secret}"]'))
    assert found
    assert "xyz" not in "".join(found)


@pytest.mark.parametrize(
    "text", ["", "[]", "routes", "{version: 1, defaults: [], owners: 1, destinations: {a: }, routes: {}}"]
)
def test_any_yaml_has_findings_and_nothing_else(file: Path, text: str) -> None:
    file.write_text(text)
    assert findings(file)


@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_more_owners_than_a_topic_takes_filters(file: Path, kind: str) -> None:
    owners = "".join(f"  o{number}: {{{kind}: true}}\n" for number in range(201))
    assert f"owners have a {kind}; at most 200 can" in findings(changed(file, "  search: {}\n", owners))[0]


REMARKS = [
    ("to: payments}\n", "to: platform}\n", ""),
    ("to: [payments, platform]}", "to: platform}", ""),
    (
        "  payments: {emails",
        "  unused: {emails: [a@b.org]}\n  payments: {emails",
        "10: destinations.unused: no route goes",
    ),
    (
        "{emails: [payments@example.org]}",
        "{emails: [payments@example.org], chat: {secret: notify/slack}}",
        "10: destinations.payments.chat: no channel of this version serves it",
    ),
    ("expires: 2027-03-31", "expires: 2020-03-31", "17: ignore.0.expires: noise has expired"),
    ("queue: true, consumers", "consumers", "6: owners.payments.consumers: there is nothing to consume"),
    ("type: infra.own.noise", "type: infra.aws.ec2.instance.state_change", "no catalogue entry gives"),
    ("type: infra.own.noise", "type: infra.aws.ec2.*", ""),
    ("type: infra.own.noise", "type: infra.aws.new.unmapped", ""),
    ("infra.own.thing, to: broken", "infra.aws.ec2.instance.gone, to: broken", "no catalogue entry gives"),
    ("type: infra.own.noise", "labels.product: Inspector", ""),
    (
        "type: infra.own.noise",
        "labels.prodct: Inspector",
        "no catalogue entry gives a label 'prodct' (did you mean product",
    ),
    (
        "to: broken, owner",
        "to: broken, labels: {prodct: a}, owner",
        "19: tests.0.given.labels.prodct: no catalogue entry",
    ),
    ("expires: 2027-03-31", "from: 2027-03-31, expires: 2027-03-31", ""),
    ("[platform@example.org]", f"[{'a' * 64}@{'b' * 63}.org]", ""),
    ("type: infra.own.noise", "type: ec2.snapshot.*", "'ec2.snapshot.*' is no type: all begin with infra."),
    (
        "type: infra.own.noise",
        "type: infra.aws.rds.instance.gone",
        "`make catalogue SERVICE=rds` lists them",
    ),
]


@pytest.mark.parametrize(("old", "new", "warning"), REMARKS)
def test_what_is_hardly_meant_so_is_remarked(file: Path, old: str, new: str, warning: str) -> None:
    found = warnings(changed(file, old, new))
    assert [warning in line for line in found] == ([True] if warning else [])


TWO = """
version: 1
defaults: {{fallback: platform}}
owners: {{payments: {{}}, search: {{}}}}
destinations: {{platform: {{emails: [platform@example.org]}}}}
routes:
  - {{name: first, match: {wide}, to: platform{first}}}
  - {{name: between, match: {{to: between}}, to: platform}}
  - {{name: second, match: {narrow}, to: platform}}
"""

ACCOUNTS = """
"111122223333": {name: production, environment: prod}
"444455556666": {name: testing, environment: test}
"""


def unreachable(file: Path, wide: object, narrow: object, first: str = "") -> list[str]:
    file.with_name("accounts.yaml").write_text(ACCOUNTS)
    file.write_text(TWO.format(wide=json.dumps(wide), narrow=json.dumps(narrow), first=first))
    return [line for line in findings(file) if "routes.2: nothing ever gets here" in line]


@pytest.mark.parametrize(("wide", "narrow"), UNREACHABLE)
def test_an_unreachable_route_is_found(file: Path, wide: object, narrow: object) -> None:
    assert unreachable(file, wide, narrow) == [
        "a.routing.yaml:9: routes.2: nothing ever gets here: first in line 7 takes all of it (move this before it)"
    ]
    assert unreachable(file, wide, narrow, ", continue: true") == []


@pytest.mark.parametrize(("wide", "narrow"), REACHABLE)
def test_a_route_that_something_reaches_is_no_finding(file: Path, wide: object, narrow: object) -> None:
    assert unreachable(file, wide, narrow) == []
