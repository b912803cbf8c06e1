"""The adapters against moto, and against the failures that AWS documents."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from infra_events.aws import routing_store, tag_reading
from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.aws.ec2_tags import Ec2TagReader
from infra_events.aws.parking_lot import SqsParkingLot
from infra_events.aws.ses import SesMailer
from infra_events.aws.sns import SnsPublisher, owner_publishers
from infra_events.aws.tag_snapshots import DynamoTagSnapshots
from infra_events.aws.tagging import TaggingApiReader
from infra_events.domain.arn import Arn
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import Email, Publication, TagSnapshots
from infra_events.routing import compiled as routing_wire
from infra_events.runtime.sent_log import DynamoSentLog
from tests.support.builders import NOON, message, routing_document
from tests.support.fakes import FakeTagSnapshots

pytestmark = pytest.mark.usefixtures("aws")

TOPIC = "arn:aws:sns:eu-west-1:123456789012:OrgResourceEvents"


def in_time() -> bool:
    return True


def counted(*services: str) -> list[str]:
    """The names of all calls that look-ups make from now on."""
    calls: list[str] = []
    for service in services:
        lookup_client(service).meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    return calls


def publication(body: str = "body", **attributes: Any) -> Publication:
    return Publication(body=body, attributes={"id": "1"} | attributes)


class Topic:
    """A topic with a queue behind it, subscribed raw as in production."""

    def __init__(self) -> None:
        sns, sqs = delivery_client("sns"), delivery_client("sqs")
        self.arn = sns.create_topic(Name="OrgResourceEvents")["TopicArn"]
        self._url = sqs.create_queue(QueueName="OrgResourceEvents")["QueueUrl"]
        queue = "arn:aws:sqs:eu-west-1:123456789012:OrgResourceEvents"
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=queue, Attributes=raw)

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while (
            batch := delivery_client("sqs")
            .receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            .get("Messages")
        ):
            found += batch
        return found


def test_messages_arrive_raw_with_their_attributes() -> None:
    topic = Topic()
    assert SnsPublisher(topic_arn=topic.arn).publish([publication("a,b,c", channels=("email", "chat"))]) == [None]
    (arrived,) = topic.messages()
    assert arrived["Body"] == "a,b,c"
    attributes = {name: value["StringValue"] for name, value in arrived["MessageAttributes"].items()}
    assert attributes == {"id": "1", "channels": '["email", "chat"]'}


def test_a_thousand_messages_are_a_hundred_calls() -> None:
    topic_arn = delivery_client("sns").create_topic(Name="OrgResourceEvents")["TopicArn"]
    calls = []
    delivery_client("sns").meta.events.register("before-call.sns.*", lambda model, **_: calls.append(model.name))
    errors = SnsPublisher(topic_arn=topic_arn).publish([publication(str(n)) for n in range(1000)])
    assert errors == [None] * 1000
    assert calls == ["PublishBatch"] * 100


def test_each_of_many_messages_arrives_once() -> None:
    topic = Topic()
    assert SnsPublisher(topic_arn=topic.arn).publish([publication(str(n)) for n in range(35)]) == [None] * 35
    assert sorted(int(m["Body"]) for m in topic.messages()) == list(range(35))


def test_a_call_carries_at_most_256_kib() -> None:
    topic = Topic()
    big = "x" * 100_000
    errors = SnsPublisher(topic_arn=topic.arn).publish([publication(big) for _ in range(5)])
    assert errors == [None] * 5
    assert len(topic.messages()) == 5


def test_what_is_too_large_alone_is_left_out_and_said() -> None:
    topic = Topic()
    errors = SnsPublisher(topic_arn=topic.arn).publish([publication(), publication("ü" * 140_000), publication()])
    assert [type(error) for error in errors] == [type(None), PermanentError, type(None)]
    assert isinstance(errors[1], PermanentError)
    assert errors[1].code is ParkCode.TOO_LARGE
    assert len(topic.messages()) == 2


def test_a_partial_failure_inside_a_200_belongs_to_its_message() -> None:
    answer = {
        "Successful": [{"Id": "0", "MessageId": "m"}],
        "Failed": [
            {"Id": "1", "Code": "InternalError", "SenderFault": False},
            {"Id": "2", "Code": "InvalidParameter", "SenderFault": True},
            {"Id": "3", "Code": "Throttled", "SenderFault": True},
        ],
    }
    with Stubber(delivery_client("sns")) as sns:
        sns.add_response("publish_batch", answer)
        errors = SnsPublisher(topic_arn=TOPIC).publish([publication(str(n)) for n in range(4)])
    assert [type(error) for error in errors] == [type(None), TransientError, PermanentError, TransientError]


def test_one_entry_that_spoils_the_call_does_not_spoil_its_neighbours() -> None:
    with Stubber(delivery_client("sns")) as sns:
        sns.add_client_error("publish_batch", "InvalidParameter")
        sns.add_response("publish_batch", {"Successful": [{"Id": "0", "MessageId": "m"}], "Failed": []})
        sns.add_client_error("publish_batch", "InvalidParameter")
        errors = SnsPublisher(topic_arn=TOPIC).publish([publication("good"), publication("bad")])
    assert errors[0] is None
    assert isinstance(errors[1], PermanentError)


@pytest.mark.parametrize("code", ["AuthorizationError", "Throttling", "KMSAccessDenied", "NotFound", "SomethingNew"])
def test_whatever_is_not_the_messages_fault_is_tried_again(code: str) -> None:
    with Stubber(delivery_client("sns")) as sns:
        sns.add_client_error("publish_batch", code)
        errors = SnsPublisher(topic_arn=TOPIC).publish([publication(), publication()])
    assert [str(error) for error in errors] == [f"sns:Publish: {code}"] * 2
    assert all(isinstance(error, TransientError) for error in errors)


def test_nothing_to_publish_is_no_call() -> None:
    assert SnsPublisher(topic_arn=TOPIC).publish([]) == []


def test_a_parked_message_keeps_its_body_and_says_why() -> None:
    url = delivery_client("sqs").create_queue(QueueName="AwsServiceEventsDLQ")["QueueUrl"]
    attributes = {f"a{n}": str(n) for n in range(8)} | {"service": "ec2"}
    lot = SqsParkingLot(queue_url=url)
    lot.park(message("poison", **attributes), ParkCode.NOT_JSON, "the body\nis not JSON")
    (parked,) = delivery_client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    kept = {name: value["StringValue"] for name, value in parked["MessageAttributes"].items()}
    assert parked["Body"] == "poison"
    assert kept.pop("park_code") == "not_json"
    assert kept.pop("park_reason") == "the body is not JSON"
    assert kept == {f"a{n}": str(n) for n in range(8)}


def test_parking_that_fails_raises() -> None:
    lot = SqsParkingLot(queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/gone")
    with pytest.raises(delivery_client("sqs").exceptions.QueueDoesNotExist):
        lot.park(message("poison"), ParkCode.NOT_JSON, "why")


def instances(count: int, *tags: dict[str, str]) -> list[Arn]:
    ec2 = delivery_client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    launched = ec2.run_instances(
        ImageId=image,
        MinCount=count,
        MaxCount=count,
        TagSpecifications=[{"ResourceType": "instance", "Tags": list(tags)}] if tags else [],
    )["Instances"]
    prefix = "arn:aws:ec2:eu-west-1:123456789012:instance/"
    return [arn for i in launched if (arn := Arn.parse(prefix + i["InstanceId"]))]


def test_tags_of_instances_are_read_in_one_call_whatever_else_is_asked_for() -> None:
    arns = instances(2, {"Key": "Name", "Value": "web-1"}, {"Key": "notify:ignore", "Value": "true"})
    gone = Arn.parse("arn:aws:ec2:eu-west-1:123456789012:instance/i-00000000000000000")
    assert gone
    tags = {"Name": "web-1", "notify:ignore": "true"}
    calls = []
    lookup_client("ec2").meta.events.register("before-call.ec2.*", lambda model, **_: calls.append(model.name))
    found = Ec2TagReader().read([arns[0], gone, arns[1]], in_time)
    assert found == {str(arns[0]): tags, str(gone): {}, str(arns[1]): tags}
    assert calls == ["DescribeTags"]


def test_a_wildcard_or_a_twin_costs_nobody_their_tags() -> None:
    (arn,) = instances(1, {"Key": "Name", "Value": "web-1"})
    wild = Arn.parse("arn:aws:ec2:eu-west-1:123456789012:instance/*")
    twin = Arn.parse(str(arn).replace("123456789012", ""))
    assert wild
    assert twin
    assert Ec2TagReader().read([arn, wild, twin], in_time) == {
        str(arn): {"Name": "web-1"},
        str(twin): {"Name": "web-1"},
    }


def test_pages_of_tags_are_followed_or_none_is_believed() -> None:
    arn = Arn.parse("arn:aws:ec2:eu-west-1:123456789012:instance/i-1")
    assert arn
    one = {"ResourceId": "i-1", "ResourceType": "instance"}
    with Stubber(lookup_client("ec2")) as ec2:
        for _ in range(2):
            ec2.add_response("describe_tags", {"Tags": [one | {"Key": "a", "Value": "1"}], "NextToken": "more"})
            ec2.add_response("describe_tags", {"Tags": [one | {"Key": "b", "Value": "2"}]})
        assert Ec2TagReader().read([arn], in_time) == {str(arn): {"a": "1", "b": "2"}}
        times = iter([True, False])
        with pytest.raises(TransientError, match="no time"):
            Ec2TagReader().read([arn], lambda: next(times))


def test_a_denied_look_up_says_so_and_no_more() -> None:
    with Stubber(lookup_client("ec2")) as ec2:
        ec2.add_client_error("describe_tags", "UnauthorizedOperation", "Encoded authorization failure message: …")
        with pytest.raises(TransientError, match=r"^ec2:DescribeTags: UnauthorizedOperation$"):
            Ec2TagReader().read(
                [Arn(partition="aws", service="ec2", region="r", account_id="1", resource="instance/i-1")], in_time
            )


def queues(count: int) -> list[Arn]:
    """Queues with tags."""
    names = [f"queue-{number}" for number in range(count)]
    for name in names:
        delivery_client("sqs").create_queue(QueueName=name, tags={"Name": name})
    return [arn for name in names if (arn := Arn.parse(f"arn:aws:sqs:eu-west-1:123456789012:{name}"))]


def test_tags_of_any_service_are_read_in_one_call() -> None:
    arns = queues(3)
    gone = Arn.parse(f"{arns[0]}-gone")
    assert gone
    calls = counted("resourcegroupstaggingapi")
    found = TaggingApiReader().read([*arns, gone], in_time)
    assert found == {str(arn): {"Name": arn.resource} for arn in arns} | {str(gone): {}}
    assert calls == ["GetResources"]


def tagging_api(refused: str = "") -> list[str]:
    """A Tagging API where each resource has its ARN as its name, and which refuses a call with a certain ARN.

    Answers its calls: how many ARNs each asked for.
    """
    calls: list[str] = []

    def answer(params: Any, **_: Any) -> Any:
        arns = json.loads(params["body"])["ResourceARNList"]
        calls.append(f"GetResources {len(arns)}")
        if refused and any(refused in arn for arn in arns):
            return AWSResponse("", 400, {}, BytesIO()), {"Error": {"Code": "InvalidParameterException"}}
        found = [{"ResourceARN": arn, "Tags": [{"Key": "Name", "Value": arn}]} for arn in arns]
        return AWSResponse("", 200, {}, BytesIO()), {"ResourceTagMappingList": found}

    lookup_client("resourcegroupstaggingapi").meta.events.register("before-call", answer)
    return calls


def test_one_arn_that_the_service_refuses_costs_the_others_nothing() -> None:
    arns = [Arn.parse(f"arn:aws:sqs:eu-west-1:123456789012:queue-{number:03}") for number in range(100)]
    calls = tagging_api("queue-042")
    found = TaggingApiReader().read([arn for arn in arns if arn], in_time)
    assert {str(arn) for arn in arns} - found.keys() == {str(arns[42])}
    assert len(calls) <= 16


def test_many_refused_arns_do_not_cost_calls_without_end() -> None:
    arns = [Arn.parse(f"arn:aws:sqs:eu-west-1:123456789012:queue-{number:03}") for number in range(100)]
    calls = tagging_api("queue")
    with pytest.raises(TransientError, match="tag:GetResources"):
        TaggingApiReader().read([arn for arn in arns if arn], in_time)
    assert len(calls) == 16


def test_a_denied_look_up_of_the_tagging_api_says_so() -> None:
    with Stubber(lookup_client("resourcegroupstaggingapi")) as tagging:
        tagging.add_client_error("get_resources", "AccessDeniedException")
        with pytest.raises(TransientError, match=r"^tag:GetResources: AccessDeniedException$"):
            TaggingApiReader().read(queues(1), in_time)


def some_tags(*names: str, as_of: datetime = NOON) -> dict[str, Tags]:
    return {name: Tags(values={"Name": name}, status=TagsStatus.CACHED, as_of=as_of) for name in names}


@pytest.fixture(params=["real", "fake"])
def snapshots(request: pytest.FixtureRequest) -> TagSnapshots:
    if request.param == "fake":
        return FakeTagSnapshots()
    create_table("Tags", "arn")
    return DynamoTagSnapshots(table_name="Tags")


def test_snapshots_are_answered_as_they_were_kept(snapshots: TagSnapshots) -> None:
    tags = some_tags(*(f"arn:{number}" for number in range(120))) | {
        "arn:none": Tags(values={}, status=TagsStatus.CACHED, as_of=NOON),
        "arn:odd": Tags(values={"empty": "", "ü": "\n"}, status=TagsStatus.CACHED, as_of=NOON.replace(microsecond=7)),
    }
    assert set(snapshots.write(tags, in_time)) == tags.keys()
    assert snapshots.read([*tags, "arn:unknown"], in_time) == tags | {"arn:unknown": None}


def test_a_later_snapshot_takes_the_place_of_the_one_before(snapshots: TagSnapshots) -> None:
    snapshots.write(some_tags("arn:1"), in_time)
    later = {"arn:1": replace(some_tags("arn:2")["arn:2"], as_of=NOON + timedelta(seconds=1))}
    snapshots.write(later, in_time)
    assert snapshots.read(["arn:1"], in_time) == later


def test_out_of_time_one_call_reads_and_none_writes(snapshots: TagSnapshots) -> None:
    snapshots.write(some_tags("arn:1"), in_time)
    assert list(snapshots.write(some_tags("arn:2"), lambda: False)) == []
    assert snapshots.read(["arn:1", "arn:2"], lambda: False) == some_tags("arn:1") | {"arn:2": None}


@pytest.mark.parametrize(
    "item", [{}, {"tags": {"S": "x"}}, {"tags": {"M": {"a": {"N": "1"}}}}, {"tags": {"M": {}}, "as_of": {"S": "noon"}}]
)
def test_a_row_that_is_none_of_ours_is_as_good_as_none_and_costs_no_other(item: dict[str, Any]) -> None:
    create_table("Tags", "arn")
    table = DynamoTagSnapshots(table_name="Tags")
    table.write(some_tags("arn:1"), in_time)
    delivery_client("dynamodb").put_item(
        TableName="Tags", Item={"as_of": {"S": "2026-03-01"}, "arn": {"S": "x"}} | item
    )
    assert table.read(["x", "arn:1"], in_time) == {"x": None} | some_tags("arn:1")


def test_a_snapshot_expires_long_after_it_was_last_written() -> None:
    create_table("Tags", "arn")
    DynamoTagSnapshots(table_name="Tags").write(some_tags("arn:1"), in_time)
    (item,) = delivery_client("dynamodb").scan(TableName="Tags")["Items"]
    assert datetime.fromtimestamp(int(item["expiration"]["N"]), UTC) == NOON + timedelta(days=400)


def test_what_the_table_leaves_undone_is_tried_once_more_and_then_left() -> None:
    keys = {"Tags": {"Keys": [{"arn": {"S": "arn:1"}}]}}
    with Stubber(lookup_client("dynamodb")) as dynamodb:
        for _ in range(2):
            dynamodb.add_response("batch_get_item", {"Responses": {"Tags": []}, "UnprocessedKeys": keys})
        assert DynamoTagSnapshots(table_name="Tags").read(["arn:1"], in_time) == {}
        left = {"Tags": [{"PutRequest": {"Item": {"arn": {"S": "arn:1"}}}}]}
        for _ in range(2):
            dynamodb.add_response("batch_write_item", {"UnprocessedItems": left})
        assert DynamoTagSnapshots(table_name="Tags").write(some_tags("arn:1", "arn:2"), in_time) == ["arn:2"]


def test_a_table_that_is_not_there_is_one_error() -> None:
    table = DynamoTagSnapshots(table_name="Tags")
    with pytest.raises(TransientError, match=r"^dynamodb:BatchGetItem: ResourceNotFoundException$"):
        table.read(["arn:1"], in_time)
    with pytest.raises(TransientError, match=r"^dynamodb:BatchWriteItem: ResourceNotFoundException$"):
        table.write(some_tags("arn:1"), in_time)


@pytest.mark.parametrize(
    ("service", "look_ups"),
    [("sqs", ["GetResources 100"] * 10), ("ec2", ["DescribeTags"] * 10)],
)
def test_a_thousand_events_are_ten_look_ups_and_only_a_new_process_reads_snapshots(
    service: str, look_ups: list[str]
) -> None:
    create_table("Tags", "arn")
    arns = [f"arn:aws:sqs:eu-west-1:123456789012:queue-{number}" for number in range(100)]
    calls = tagging_api()
    if service == "ec2":
        arns = [str(arn) for arn in instances(100, {"Key": "Name", "Value": "fleet"})]
        calls = counted("ec2")
    table = counted("dynamodb")
    for written in (4, 0):
        process = replace(tag_reading.enricher("Tags", "123456789012", "eu-west-1"), clock=lambda: NOON)
        for _ in range(10):
            assert {one.status for one in process.tags_of(arns).values()} == {TagsStatus.LIVE}
        assert calls == look_ups
        assert Counter(table) == Counter(BatchGetItem=1, BatchWriteItem=written)
        calls.clear()
        table.clear()


def stored(document: str, sha256: str = "") -> tuple[str, str]:
    s3, sha256 = delivery_client("s3"), sha256 or hashlib.sha256(document.encode()).hexdigest()
    s3.create_bucket(Bucket="routing", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="routing", Key=f"routing/{sha256}.json", Body=document.encode())
    return "routing", sha256


def test_a_routing_is_read_and_known_by_the_first_of_its_hash() -> None:
    bucket, sha256 = stored(json.dumps(routing_document()))
    routing = routing_store.read(bucket, sha256)
    assert (routing.fallback, routing.digest) == ("platform", sha256[:12])


@pytest.mark.parametrize("document", ["", "[]", "{}", "nonsense", '{"bounds": 7}'])
def test_what_is_no_routing_is_one_error_that_names_the_object(document: str) -> None:
    bucket, sha256 = stored(document)
    with pytest.raises(routing_store.RoutingError, match=f"s3://routing/routing/{sha256}.json is no compiled routing"):
        routing_store.read(bucket, sha256)


def test_a_routing_of_another_hash_is_not_used() -> None:
    bucket, sha256 = stored(json.dumps(routing_document()), sha256="0" * 64)
    with pytest.raises(routing_store.RoutingError, match="its SHA-256 is another"):
        routing_store.read(bucket, sha256)


def test_a_routing_that_is_not_there_is_one_error_that_names_the_object() -> None:
    with pytest.raises(
        routing_store.RoutingError, match=r"s3://routing/routing/0.json could not be read.*NoSuchBucket"
    ):
        routing_store.read("routing", "0")


def test_the_topic_of_an_owner_has_the_owner_s_name() -> None:
    owner = {"aliases": [], "queue": False, "consumers": []}
    document = routing_document(owners={"payments": owner | {"topic": True}, "search": owner | {"topic": False}})
    routing = routing_wire.read(json.dumps(document), digest="0")
    assert owner_publishers(f"{TOPIC}V2", routing) == {"payments": SnsPublisher(topic_arn=f"{TOPIC}V2-payments")}


def mail(html: str | None = "<p>text</p>") -> Email:
    return Email(to=["a@example.org", "b@example.org"], subject="Ünïcødé", text="text", html=html)


@pytest.mark.parametrize("html", ["<p>text</p>", None])
def test_a_mail_is_sent_to_a_whole_destination_at_once(html: str | None) -> None:
    delivery_client("sesv2").create_email_identity(EmailIdentity="from@example.org")
    assert SesMailer(sender_address="from@example.org").send(mail(html))


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"])
def test_a_mail_that_ses_refuses_is_refused_for_good(code: str) -> None:
    with Stubber(delivery_client("sesv2")) as ses:
        ses.add_client_error("send_email", code)
        with pytest.raises(PermanentError, match=code):
            SesMailer(sender_address="from@example.org").send(mail())


@pytest.mark.parametrize(
    "code",
    ["TooManyRequestsException", "SendingPausedException", "LimitExceededException", "AccessDenied", "InternalError"],
)
def test_a_mail_that_an_operator_can_free_is_tried_again(code: str) -> None:
    with Stubber(delivery_client("sesv2")) as ses:
        ses.add_client_error("send_email", code)
        with pytest.raises(TransientError, match=code):
            SesMailer(sender_address="from@example.org").send(mail())


class Context:
    """An invocation with some time left."""

    def __init__(self, milliseconds: int = 30_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.fixture
def table() -> str:
    create_table("Sent", "id")
    return "Sent"


def create_table(name: str, key: str) -> None:
    delivery_client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def sent_log(table: str, milliseconds: int = 30_000) -> DynamoSentLog:
    log = DynamoSentLog(table, delivery_client("dynamodb"))
    log.lease_until_timeout(Context(milliseconds))
    return log


def test_what_is_on_record_is_not_sent_again_by_any_process(table: str) -> None:
    sent: list[str] = []

    def send(what: str) -> str:
        sent.append(what)
        return "id"

    assert sent_log(table).once("1|email|platform", lambda: send("first"))
    assert not sent_log(table).once("1|email|platform", lambda: send("second"))
    assert sent_log(table).once("1|email|payments", lambda: send("other"))
    assert sent == ["first", "other"]
    (item, _) = delivery_client("dynamodb").scan(TableName=table)["Items"]
    assert int(item["expiration"]["N"]) > 0


def test_a_failed_send_leaves_no_record(table: str) -> None:
    def fail() -> str:
        raise TransientError("throttled")

    with pytest.raises(TransientError, match="throttled"):
        sent_log(table).once("1", fail)
    assert sent_log(table).once("1", lambda: "id")


def test_a_mark_that_could_not_be_made_final_does_not_send_again(table: str) -> None:
    client = delivery_client("dynamodb")
    with Stubber(client) as dynamodb:
        dynamodb.add_response("put_item", {})
        dynamodb.add_client_error("update_item", "ThrottlingException")
        assert sent_log(table).once("1", lambda: "id")


def test_a_live_lease_makes_the_other_wait(table: str) -> None:
    def meanwhile() -> str:
        with pytest.raises(TransientError, match="another process"):
            sent_log(table).once("1", lambda: "never")
        return "id"

    assert sent_log(table).once("1", meanwhile)


def test_a_lease_of_a_killed_process_runs_out(table: str) -> None:
    log = sent_log(table)
    with pytest.raises(KeyboardInterrupt):  # not an Exception: like a kill, nothing is cleaned up
        log.once("1", _killed)
    with pytest.raises(TransientError, match="another process"):
        log.once("1", lambda: "too early")
    expire_lease(table)
    assert log.once("1", lambda: "id")


def _killed() -> str:
    raise KeyboardInterrupt


def expire_lease(table: str) -> None:
    (item,) = delivery_client("dynamodb").scan(TableName=table)["Items"]
    item["in_progress_expiration"] = {"N": "1"}
    delivery_client("dynamodb").put_item(TableName=table, Item=item)


def test_a_lease_that_would_end_too_soon_is_not_taken(table: str) -> None:
    with pytest.raises(TransientError, match="time is nearly up"):
        sent_log(table, milliseconds=1_000).once("1", lambda: "never")
    assert delivery_client("dynamodb").scan(TableName=table)["Items"] == []


def test_without_a_record_nothing_is_sent() -> None:
    with pytest.raises(TransientError, match=r"sent record .*ResourceNotFoundException"):
        sent_log("no-such-table").once("1", lambda: "never")


def test_the_record_is_keyed_by_a_digest_and_keeps_no_address(table: str) -> None:
    sent_log(table).once("1|email|platform", lambda: "ses-id")
    text = json.dumps(delivery_client("dynamodb").scan(TableName=table)["Items"])
    assert "ses-id" in text
    assert "platform" not in text
