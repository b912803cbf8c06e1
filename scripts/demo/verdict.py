"""What should come of the events that the demo sends, and whether it did."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scripts.demo.observer import LAYERS, Observer
from scripts.demo.scenarios import Scenario
from scripts.local.aws import SentMail


@dataclass(frozen=True, order=True, kw_only=True)
class Addressed:
    """What identifies a mail to a person."""

    subject: str
    recipients: tuple[str, ...]

    @classmethod
    def of(cls, mail: SentMail) -> "Addressed":
        """Return what identifies a mail of the outbox."""
        return cls(subject=mail.subject, recipients=mail.to)


@dataclass(frozen=True, kw_only=True)
class SentEvent:
    """A state change that was sent, and what should come of it: a record for machines, ``subject`` for people."""

    id: str
    label: str
    source: str
    arn: str
    state: str
    subject: str
    notified: Sequence[str]
    drill: bool = True

    @property
    def mails(self) -> Sequence[Addressed]:
        """The mails that should come of it: one for each destination."""
        mark = "[DRILL] " if self.drill else ""
        addresses = [f"{name}@example.org" for name in self.notified]
        return [Addressed(subject=f"{mark}{self.subject}", recipients=(address,)) for address in addresses]

    @property
    def record(self) -> str:
        """The record that machines should receive."""
        return f"{'drill.' if self.drill else ''}{self.source},{self.arn},{self.state}"


@dataclass(kw_only=True)
class Verdict:
    """What came of a scenario; ``wrong`` names in words each difference from what should have."""

    instance: str
    event_ids: list[str] = field(default_factory=list)
    expected_mails: list[Addressed] = field(default_factory=list)
    received_mails: list[Addressed] = field(default_factory=list)
    machine_messages: list[str] = field(default_factory=list)
    suppressed: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    latency_seconds: dict[str, dict[str, float | None]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def judge(scenario: Scenario, events: Sequence[SentEvent], records: Iterable[str], observer: Observer) -> Verdict:
    """Compare what the observer saw, and the ``records`` for machines, with what should have come of a scenario."""
    ids = [event.id for event in events]
    verdict = Verdict(
        instance=scenario.instance,
        event_ids=ids,
        expected_mails=[mail for event in events for mail in event.mails],
        received_mails=[
            Addressed.of(mail) for mail in observer.mails() if any(event_id in mail.text for event_id in ids)
        ],
        machine_messages=[record for record in records if any(event.arn in record for event in events)],
        suppressed={i: reason for i, reason in observer.suppressed().items() if i in ids},
        reasons={i: reason for i, reason in observer.reasons().items() if i in ids},
        latency_seconds={i: {layer: observer.latency(i, layer) for layer in LAYERS} for i in ids},
    )
    expected_records = [event.record for event in events]
    if sorted(verdict.expected_mails) != sorted(verdict.received_mails):
        verdict.wrong.append("the mails are not those expected")
    if sorted(verdict.machine_messages) != sorted(expected_records):
        verdict.wrong.append("the messages in OrgResourceEvents are not those expected")
    if sorted(verdict.suppressed) != sorted([] if scenario.notified else ids):
        verdict.wrong.append("the log does not state what was suppressed")
    if sorted(verdict.reasons) != sorted(ids if scenario.notified else []):
        verdict.wrong.append("the notifications do not state why they were sent")
    return verdict


def passed(verdicts: Mapping[str, Verdict], mails: Iterable[SentMail]) -> bool:
    """Return whether nothing is wrong and the outbox holds the expected mails and no others."""
    expected = Counter(mail for verdict in verdicts.values() for mail in verdict.expected_mails)
    return not any(verdict.wrong for verdict in verdicts.values()) and Counter(map(Addressed.of, mails)) == expected
