"""Whether anybody learns of what is lost, late or waits for a person."""

from collections.abc import Iterator

from scripts.operate.doctor.finding import Code, Finding, warning, well
from scripts.operate.doctor.patient import OlderReleaseError, Patient


def topics(patient: Patient) -> Iterator[Finding]:
    """Whether there are alarms."""
    if patient.is_local:
        yield well("the local AWS evaluates no alarms")
        return
    try:
        arns = patient.outputs["alarm_topic_arns"]
    except KeyError as missing:
        raise OlderReleaseError(patient.deploy) from missing
    if not arns:
        what = "there are no alarms: nobody learns of events that are lost, late or in a DLQ"
        yield warning(
            Code.NO_ALARMS,
            what,
            f"name topics in monitoring.alarm_topic_arns of {patient.variables_file}; then {patient.deploy}",
        )
