"""Read: a malformed message is parked; both message versions are read."""

from infra_events.domain.outcome import Parked, Sent
from infra_events.wire import v1, v2
from tests.support.builders import delivered, resource_event
from tests.support.sender import Sender


def test_poison_does_not_touch_its_neighbours() -> None:
    sender = Sender({"Name": "web-1"})
    outcomes = sender.send(resource_event(id="1"), "poison", resource_event(id="2"))
    assert [type(outcome) for outcome in outcomes] == [Sent, Parked, Sent]


def test_a_notification_has_the_same_id_from_both_versions() -> None:
    sender = Sender({})
    for write in (v1.write, v2.write):
        sender.deliver([delivered(write(resource_event(id="42")))])
    assert [document["id"] for document in sender.documents()] == ["42", "42"]
