"""Tags that a person knows, in place of AWS's."""

from pathlib import Path

import pytest

from infra_events.domain.parent import identity
from infra_events.domain.tags import TagsStatus
from scripts.analyse import known_tags
from scripts.analyse.known_tags import KnownTags
from scripts.project import CommandError
from tests.support.builders import INSTANCE, resource_event, routing

TAGS = {identity(INSTANCE): {"Owner": "payments", "on": "true", "cost": "4711"}}
ELSEWHERE = INSTANCE.replace("111122223333", "444455556666")


@pytest.mark.parametrize(
    "text",
    [
        f'{{"{INSTANCE}": {{"Owner": "payments", "on": true, "cost": 4711}}}}',
        f"{INSTANCE}:\n  Owner: payments\n  on: true\n  cost: 4711\n",
        f'{{"{INSTANCE}": {{Owner: payments, "on": "true", cost: "4711"}}}} # YAML\n',
    ],
    ids=["JSON", "YAML", "YAML like JSON"],
)
def test_tags_are_read_from_json_and_yaml(tmp_path: Path, text: str) -> None:
    (tmp_path / "tags").write_text(text)
    assert known_tags.read(tmp_path / "tags") == TAGS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "tags:1: "),
        ("", "tags must be one object of tags by ARN: write "),
        ("[]", "tags must be one object of tags by ARN: write "),
        ('{"a": 1}', "tags: the tags of a must be an object: write "),
        ('{"a": {"Owner": null}}', "tags: the tag Owner of a must be a text: write it in quotes"),
        ('{"a": {"Owner": 1.10}}', "tags: the tag Owner of a must be a text"),
        ("a:\n  b: 1\n  b: 2\n", "tags:3: 'b' stands here twice"),
    ],
)
def test_tags_in_another_form_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "tags").write_text(text)
    with pytest.raises(CommandError) as error:
        known_tags.read(tmp_path / "tags")
    assert str(error.value).startswith(f"{tmp_path}/{message}")


@pytest.mark.parametrize(
    ("resource", "unknown", "status", "why"),
    [
        (INSTANCE, "nobody knows", TagsStatus.LIVE, ""),
        (INSTANCE.replace("0abc", "0def"), "", TagsStatus.LIVE, ""),
        (INSTANCE.replace("0abc", "0def"), "nobody knows", TagsStatus.UNAVAILABLE, "nobody knows"),
        ("order/7", "nobody knows", TagsStatus.UNAVAILABLE, "tags of this kind of resource are not read"),
    ],
)
def test_a_resource_has_its_tags_or_none_or_unknown_ones(
    resource: str, unknown: str, status: TagsStatus, why: str
) -> None:
    known = KnownTags(by_resource=TAGS, unknown=unknown)
    (event,) = known.enriched([resource_event(resource=resource, region="eu-west-1")], routing())
    assert (event.tags.status, event.tags.unavailable) == (status, why)
    assert event.owner == ("payments" if resource == INSTANCE else "")


def test_tags_of_another_account_s_resource_are_known_as_from_a_snapshot() -> None:
    known = KnownTags(by_resource={identity(ELSEWHERE): {"Owner": "payments"}})
    (event,) = known.enriched([resource_event(resource=ELSEWHERE, region="eu-west-1")], routing())
    assert (event.owner, event.tags.status) == ("payments", TagsStatus.CACHED)
