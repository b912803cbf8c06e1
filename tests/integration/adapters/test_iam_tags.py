"""Tags of IAM roles and users on moto."""

import pytest
from botocore.stub import Stubber

from infra_events.aws.clients import delivery_client, lookup_client
from infra_events.aws.iam_tags import IamTagReader
from infra_events.domain.arn import Arn
from infra_events.domain.tags import Tags
from tests.support.adapters import counted, in_time

pytestmark = pytest.mark.usefixtures("aws")

TAGS = [{"Key": "Owner", "Value": "payments"}]


def arn(resource: str) -> Arn:
    return Arn(partition="aws", service="iam", region="", account_id="123456789012", resource=resource)


def test_roles_and_users_are_read_by_one_call_each_whatever_their_path() -> None:
    iam = delivery_client("iam")
    iam.create_role(RoleName="deploy", Path="/ci/", AssumeRolePolicyDocument="{}", Tags=TAGS)
    iam.create_user(UserName="jane", Tags=TAGS)
    iam.create_user(UserName="joe")
    calls = counted("iam")
    role, jane, joe, gone = (arn(one) for one in ("role/ci/deploy", "user/jane", "user/joe", "role/gone"))
    owned = Tags.live({"Owner": "payments"})
    assert IamTagReader().read([role, jane, joe, gone], in_time) == {
        str(role): owned,
        str(jane): owned,
        str(joe): Tags.live({}),
        str(gone): Tags.unknown("iam:ListRoleTags: NoSuchEntity"),
    }
    assert calls == ["ListRoleTags", "ListUserTags", "ListUserTags", "ListRoleTags"]


@pytest.mark.parametrize("resource", ["root", "policy/p", "mfa/m", "group/g"])
def test_of_all_else_no_tags_are_read(resource: str) -> None:
    calls = counted("iam")
    unknown = Tags.unknown("of IAM, only the tags of roles and users are read")
    assert IamTagReader().read([arn(resource)], in_time) == {str(arn(resource)): unknown}
    assert calls == []


def test_a_refusal_is_an_answer_and_what_failed_for_now_is_none() -> None:
    with Stubber(lookup_client("iam")) as iam:
        iam.add_client_error("list_role_tags", "AccessDenied", "User: arn:… is not authorized")
        iam.add_client_error("list_user_tags", "Throttling")
        iam.add_response("list_user_tags", {"Tags": TAGS})
        denied, throttled, fine = (arn(one) for one in ("role/a", "user/b", "user/c"))
        assert IamTagReader().read([denied, throttled, fine], in_time) == {
            str(denied): Tags.unknown("iam:ListRoleTags: AccessDenied"),
            str(fine): Tags.live({"Owner": "payments"}),
        }


def test_no_call_begins_out_of_time() -> None:
    times, calls = iter([True, False]), counted("iam")
    assert set(IamTagReader().read([arn("role/a"), arn("role/b")], lambda: next(times))) == {str(arn("role/a"))}
    assert calls == ["ListRoleTags"]
