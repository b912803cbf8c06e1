"""Content in words that other places state too."""

from infra_events.content.grammar import INSTANCE_STATES
from scripts import project
from scripts.compile.yaml_file import YamlFile

CATALOGUE = project.ROOT / "functions" / "aws_service_event_handler" / "catalogue"


def test_a_state_of_an_instance_is_worded_as_in_the_catalogue() -> None:
    """A version 1 message carries no summary, so the sender words the state; version 2 brings the catalogue's."""
    states = YamlFile(CATALOGUE / "ec2.yaml").content["states"]["instance"]
    assert dict(INSTANCE_STATES) == {state: known["words"] for state, known in states.items()}
