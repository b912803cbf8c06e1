"""Tags of IAM roles and users, one call each: the Tagging API does not answer for them.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from collections.abc import Callable, Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.arn import Arn
from infra_events.domain.errors import RefusedError, error_code
from infra_events.domain.tags import Tags

_MOST_TAGS = 100  # a role or user has 50 at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html


class IamTagReader:
    """Reads the tags of roles and users of this account (a ``TagReader``)."""

    at_once = 5

    def read(self, arns: Sequence[Arn], in_time: Callable[[], bool]) -> Mapping[str, Tags]:
        """Return tags by ARN, a refusal in their place; what failed for now, or had no time left, is absent."""
        answers = {}
        for arn in arns:
            if arn.resource_type not in ("role", "user"):
                answers[str(arn)] = Tags.unknown("of IAM, only the tags of roles and users are read")
            elif in_time() and (answer := _tags(arn)):
                answers[str(arn)] = answer
        return answers


def _tags(arn: Arn) -> Tags | None:
    name = arn.resource_id.rpartition("/")[2]  # behind the path
    call = "iam:ListRoleTags" if arn.resource_type == "role" else "iam:ListUserTags"
    try:
        if arn.resource_type == "role":
            answer = lookup_client("iam").list_role_tags(RoleName=name, MaxItems=_MOST_TAGS)
        else:
            answer = lookup_client("iam").list_user_tags(UserName=name, MaxItems=_MOST_TAGS)
    except (ClientError, BotoCoreError) as error:
        failure = transient(call, error)
        lasts = isinstance(failure, RefusedError) or error_code(error) == "NoSuchEntity"
        return Tags.unknown(str(failure)) if lasts else None
    return Tags.live({tag["Key"]: tag["Value"] for tag in answer["Tags"]})
