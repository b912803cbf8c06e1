"""What people have of events is read, whatever wrote it and whatever its name; what cannot be read hides nothing."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from scripts.analyse import envelopes, event_files
from scripts.analyse.event_files import Piece
from tests.support.builders import ACCOUNT, NOON, REGION, aws_event

EVENTS = [aws_event(id=f"e-{number}", detail={"state": "stopped", "n": number}) for number in range(3)]
TEXTS = [json.dumps(event) for event in EVENTS]
MOST_SECONDS = 5
RECORD = {
    "eventVersion": "1.09",
    "userIdentity": {"type": "Root", "accountId": ACCOUNT},
    "eventTime": "2026-03-01T12:00:00Z",
    "eventSource": "rds.amazonaws.com",
    "eventName": "DeleteDBInstance",
    "awsRegion": REGION,
    "eventID": "r-1",
    "eventType": "AwsApiCall",
    "recipientAccountId": ACCOUNT,
}
DELIVERED = {
    "version": "0",
    "id": "r-1",
    "detail-type": "AWS API Call via CloudTrail",
    "source": "aws.rds",
    "account": ACCOUNT,
    "time": "2026-03-01T12:00:00Z",
    "region": REGION,
    "resources": [],
    "detail": RECORD,
}


def sns(text: str) -> dict[str, str]:
    """A message as SNS delivers it to whoever has not asked for it raw."""
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
    return {"Type": "Notification", "MessageId": "m-1", "TopicArn": topic, "Message": text, "Timestamp": str(NOON)}


def stored(text: str) -> dict[str, Any]:
    """An event of a log group, as FilterLogEvents returns it."""
    return {"logStreamName": "s", "timestamp": 1772366400123, "message": text, "ingestionTime": 1, "eventId": "3"}


def in_lambda(text: str) -> dict[str, Any]:
    return {"messageId": "m-1", "receiptHandle": "r", "body": text, "attributes": {}, "eventSource": "aws:sqs"}


def read(folder: Path, data: str | bytes, name: str = "a") -> list[Piece]:
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(event_files.pieces(folder / name))


def bodies(pieces: list[Piece]) -> list[Any]:
    assert [piece.problem for piece in pieces] == [""] * len(pieces)
    return [json.loads(piece.body or "") for piece in pieces]


FORMS: dict[str, str] = {
    "one after the other": "".join(TEXTS),
    "one a line": "\n".join(TEXTS) + "\n",
    "pretty": "\n".join(json.dumps(event, indent=2) for event in EVENTS),
    "a list": json.dumps(EVENTS, indent=1),
    "lists": f"[{TEXTS[0]}][{TEXTS[1]},{TEXTS[2]}]",
    "an export of a log group": "".join(f"2026-03-01T12:00:0{n}.123Z {text}\n" for n, text in enumerate(TEXTS)),
    "an export without fractions": "\r\n".join(f"2026-03-01T12:00:00Z\t{text}" for text in TEXTS),
    "filter-log-events": json.dumps({"events": [stored(one) for one in TEXTS], "searchedLogStreams": []}, indent=4),
    "get-log-events": json.dumps({"events": [{"timestamp": 1, "message": t, "ingestionTime": 2} for t in TEXTS]}),
    "a log group's subscription": "".join(
        json.dumps({"messageType": kind, "owner": ACCOUNT, "logEvents": [{"id": "1", "timestamp": 1, "message": text}]})
        for kind, text in [("CONTROL_MESSAGE", "CWL CONTROL MESSAGE"), *(("DATA_MESSAGE", text) for text in TEXTS)]
    ),
    "messages of SNS": "\n".join(json.dumps(sns(text)) for text in TEXTS),
    "receive-message": json.dumps({"Messages": [{"MessageId": "m", "MD5OfBody": "0", "Body": t} for t in TEXTS]}),
    "messages of SQS": "".join(json.dumps({"MessageId": "m", "ReceiptHandle": "r", "Body": text}) for text in TEXTS),
    "SNS in SQS": json.dumps({"Messages": [{"MessageId": "m", "Body": json.dumps(sns(text))} for text in TEXTS]}),
    "Lambda's batch of SQS": json.dumps({"Records": [in_lambda(text) for text in TEXTS]}),
    "Lambda's batch of SNS": json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": sns(text)} for text in TEXTS]}),
    "SNS in Lambda's batch": json.dumps({"Records": [in_lambda(json.dumps(sns(text))) for text in TEXTS]}),
    "some of each": f"{TEXTS[0]}\n{json.dumps(sns(TEXTS[1]))}{json.dumps({'Records': [in_lambda(TEXTS[2])]})}",
}


@pytest.mark.parametrize("packed", [0, 1, 2], ids=["plain", "gzip", "gzip twice"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(tmp_path: Path, form: str, packed: int) -> None:
    data = FORMS[form].encode()
    for _ in range(packed):
        data = gzip.compress(data)
    assert bodies(read(tmp_path, data)) == EVENTS


def test_objects_that_were_compressed_one_by_one_are_read(tmp_path: Path) -> None:
    assert bodies(read(tmp_path, b"".join(gzip.compress(text.encode()) for text in TEXTS))) == EVENTS


@pytest.mark.parametrize("text", [TEXTS[0], json.dumps(EVENTS[0], indent=3), '{"source" : 1.0e2,"a":"\\u00e4"}'])
def test_the_text_of_an_event_stays_as_it_is(tmp_path: Path, text: str) -> None:
    alone = read(tmp_path, text)
    in_sqs = read(tmp_path, json.dumps({"Messages": [{"MessageId": "m", "Body": text}]}))
    assert [piece.body for piece in (*alone, *in_sqs)] == [text, text]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps({"Records": [RECORD]}),
        json.dumps(RECORD),
        json.dumps({"Events": [{"EventId": "r-1", "EventName": "x", "CloudTrailEvent": json.dumps(RECORD)}]}),
        json.dumps({"events": [stored(json.dumps(RECORD))]}),
        f"2026-03-01T12:00:00.000Z {json.dumps(RECORD)}",
    ],
    ids=["a file", "a record", "lookup-events", "filter-log-events", "an export of its log group"],
)
def test_a_record_of_cloudtrail_is_read_as_eventbridge_delivers_it(tmp_path: Path, data: str) -> None:
    assert bodies(read(tmp_path, data)) == [DELIVERED]


@pytest.mark.parametrize(
    ("record", "source", "detail_type"),
    [
        ({"eventType": "AwsConsoleSignIn", "eventSource": "signin.amazonaws.com"}, "aws.signin", "Console Sign In"),
        ({"eventType": "AwsConsoleAction", "eventSource": "signin.amazonaws.com"}, "aws.signin", "Console Action"),
        ({"eventType": "AwsServiceEvent", "eventSource": "kms.amazonaws.com"}, "aws.kms", "Service Event"),
        ({"eventType": "AwsVpceEvent", "eventSource": "s3.amazonaws.com"}, "aws.s3", "Network Activity Event"),
        ({"eventSource": "monitoring.amazonaws.com"}, "aws.monitoring", "API Call"),
        ({"eventType": "AwsCloudTrailInsight", "insightDetails": {}}, "aws.cloudtrail", "Insight"),
    ],
)
def test_each_kind_of_record_has_its_detail_type(record: dict[str, Any], source: str, detail_type: str) -> None:
    ((text, problem, _),) = envelopes.bodies("", {"eventVersion": "1.11"} | record)
    event = json.loads(text)
    assert (event["source"], event["detail-type"], problem) == (source, f"AWS {detail_type} via CloudTrail", "")


def test_a_record_without_a_recipient_is_of_the_caller_s_account() -> None:
    record = {name: value for name, value in RECORD.items() if name != "recipientAccountId"}
    assert envelopes.delivered(record)["account"] == ACCOUNT


@pytest.mark.parametrize(
    "value",
    [
        {"awsAccountId": ACCOUNT, "digestS3Bucket": "b", "previousDigestHashValue": None, "logFiles": []},
        {"Records": []},
        {"Messages": []},
        {"events": [], "searchedLogStreams": []},
    ],
    ids=["a digest of CloudTrail", "no records", "no messages", "no log events"],
)
def test_what_holds_no_events_has_none(tmp_path: Path, value: dict[str, Any]) -> None:
    assert read(tmp_path, json.dumps(value)) == []


@pytest.mark.parametrize(
    "value", [{}, {"source": "aws.ec2"}, {"a": {"Records": [1]}}, 7, None, "text", sns("no event")]
)
def test_what_has_no_known_form_is_for_the_function_to_judge(tmp_path: Path, value: object) -> None:
    (piece,) = read(tmp_path, json.dumps(value))
    assert piece == Piece(body=json.dumps(value), line=1)


def test_an_event_is_never_taken_for_an_envelope(tmp_path: Path) -> None:
    event = aws_event(Records=[1], Messages=[2], events=[3], Body="x", MessageId="y", Message="z", eventVersion="1")
    assert bodies(read(tmp_path, json.dumps(event))) == [event]


BAD = '{"version": "0", "detail": {"state": tru}}'
CUT = '{"version": "0", "detail": {"a": [{"state": "sto'


@pytest.mark.parametrize("bad", [BAD, CUT, '{"a": ', "no JSON", '{"a" 1}', "}", '{"a": "x\ny"}'])
@pytest.mark.parametrize(
    "form",
    ["{0}\n{bad}\n{1}\n{2}", "{bad}\n{0}\n{1}{2}", "{0}{1}{2}\n{bad}", "{0}{bad}\n{1}\n[{2}]"],
    ids=["a line", "the first line", "the last line", "after an event"],
)
def test_what_is_broken_hides_no_event(tmp_path: Path, form: str, bad: str) -> None:
    found = read(tmp_path, form.format(*TEXTS, bad=bad))
    assert [json.loads(piece.body or "") for piece in found if not piece.problem] == EVENTS
    assert [piece.problem for piece in found if piece.problem]
    assert all(piece.problem.startswith("line ") for piece in found if piece.problem)


@pytest.mark.parametrize("bad", [BAD, CUT])
def test_what_is_broken_hides_no_event_without_lines_either(tmp_path: Path, bad: str) -> None:
    found = read(tmp_path, f"{TEXTS[0]}{bad}{TEXTS[1]}{TEXTS[2]}")
    assert [piece.body for piece in found] == [TEXTS[0], bad, TEXTS[1], TEXTS[2]]
    assert [bool(piece.problem) for piece in found] == [False, True, False, False]


LISTS = {
    "records": ('{"Records": [%s]}', [json.dumps(RECORD)] * 3, DELIVERED),
    "pretty records": ('{\n "Records":\n [\n%s]\n}\n', [json.dumps(RECORD, indent=2)] * 3, DELIVERED),
    "messages": (
        '{"Messages": [%s]}',
        [json.dumps({"MessageId": "m", "Body": TEXTS[0]})] * 3,
        EVENTS[0],
    ),
    "log events": ('{"events": [%s], "searchedLogStreams": []}', [json.dumps(stored(TEXTS[0]))] * 3, EVENTS[0]),
    "a list": ("[%s]", [TEXTS[0]] * 3, EVENTS[0]),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_broken_element_hides_no_other(tmp_path: Path, name: str) -> None:
    form, elements, event = LISTS[name]
    found = read(tmp_path, form % ",\n".join([elements[0], '{"a": tru}', *elements[1:]]) + TEXTS[1])
    assert [bool(piece.problem) for piece in found] == [False, True, False, False, False]
    assert [json.loads(piece.body or "") for piece in found if not piece.problem] == [event] * 3 + [EVENTS[1]]


@pytest.mark.parametrize("name", LISTS)
def test_of_a_file_that_is_cut_off_what_is_whole_is_read(tmp_path: Path, name: str) -> None:
    form, elements, event = LISTS[name]
    whole = form % ", ".join(elements)
    half = whole[: whole.rindex(elements[2][-30:])]
    found = read(tmp_path, half)
    assert [json.loads(piece.body or "") for piece in found if not piece.problem] == [event] * 2
    (problem,) = [piece.problem for piece in found if piece.problem]
    assert "line " in problem


def test_of_an_archive_that_is_cut_off_what_is_whole_is_read(tmp_path: Path) -> None:
    packed = gzip.compress("\n".join(TEXTS).encode(), compresslevel=0)[:-30]
    *whole, cut = read(tmp_path, packed)
    assert bodies(whole) == EVENTS[:2]
    assert cut.problem.startswith("line 3 column ")
    assert cut.problem.endswith("(cannot be read: Compressed file ended before the end-of-stream marker was reached)")
    *lines, cut = read(tmp_path, packed, "a.ndjson")
    assert bodies(lines) == EVENTS[:2]
    assert cut.problem.startswith("cannot be read: Compressed file ended")


def test_a_text_in_an_envelope_that_is_no_json_is_named_with_its_place(tmp_path: Path) -> None:
    batch = {"Records": [in_lambda(TEXTS[0]), in_lambda("oops"), in_lambda(TEXTS[1])]}
    good, bad, last = read(tmp_path, f"\n{json.dumps(batch)}")
    assert bodies([good, last]) == EVENTS[:2]
    assert bad == Piece(
        body="oops", line=2, problem="line 2, Records[1].body: no JSON: Expecting value at its character 1"
    )


def test_bytes_that_are_no_utf_8_are_named_and_hide_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, f'{TEXTS[0]}\n{{"a": "'.encode() + b"\xff" + f'"}}\n{TEXTS[1]}'.encode())
    assert [piece.problem for piece in found] == ["", "line 2 column 8: this is not UTF-8", ""]
    assert found[1].body == '{"a": "\ufffd"}'


def test_a_folder_s_files_are_known_by_how_they_begin(tmp_path: Path) -> None:
    with_events = {
        "bus-1-2026-03-01-12-00-00-0a1b2c3d": TEXTS[0].encode() * 2,
        "bus-1-2026-03-01-13-00-00-0a1b2c3d.gz": gzip.compress(TEXTS[0].encode()),
        "export/stream/000000.gz": gzip.compress(f"2026-03-01T12:00:00.123Z {TEXTS[0]}".encode()),
        "list.txt": f"\n [\n{TEXTS[0]}]".encode(),
        "marked.log": TEXTS[0].encode("utf-8-sig"),
        "wide.log": TEXTS[0].encode("utf-16"),
        "broken.json": b"no JSON",
        "broken.gz": b"\x1f\x8b\x08broken",
    }
    without = {
        "export/aws-logs-write-test": b"Permission Check Successful",
        "README.md": b"# Events",
        "settings.toml": b"[tool]\na = 1",
        "page.j2": b"{% if a %}{{ a }}{% endif %}",
        "expected.yaml": b"a: {b: 1}",
        "empty": b"",
        "photo.png": b"\x89PNG\r\n\x1a\n",
        "notes.gz": gzip.compress(b"some notes"),
        "old.zip": b"PK\x03\x04rest",
    }
    for name, content in (with_events | without).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    listing = event_files.listing(tmp_path)
    assert [name for name, _ in listing.files] == sorted(with_events)
    assert listing.skipped == sorted(without)


@pytest.mark.parametrize("form", ["{cut}\n", "{cut}{whole}", "[{cut}\n", "{whole}}}", '{{"Records": [{cut}{whole}\n'])
def test_no_number_of_broken_pieces_takes_long(tmp_path: Path, form: str) -> None:
    """Each broken piece looks for its end and for the next value, which must not mean to read the rest of the file."""
    started = time.process_time()
    found = read(tmp_path, form.format(cut=CUT, whole=TEXTS[1]) * 2_000 + "\n" + TEXTS[0])
    assert time.process_time() - started < MOST_SECONDS
    assert [piece.body for piece in found if not piece.problem] == [TEXTS[1]] * 2_000 * ("whole" in form) + [TEXTS[0]]
