"""One process of the AWS provider for many runs of Terraform: `terraform test` starts two for each of its runs."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REATTACH = "TF_REATTACH_PROVIDERS"

UNTIL_INPUT_ENDS = '"$0" -debug </dev/null & read -r _; kill $!; wait'
"""A shell runs the provider until its input ends, so that the provider ends even with a test run that is killed."""


@contextmanager
def attached(folder: Path, env: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Yield `env` and, in it, where Terraform finds the provider that `terraform init` installed in `folder`.

    It is the same provider, served as https://developer.hashicorp.com/terraform/plugin/debugging describes. Each run
    configures it anew. With AWS_CA_BUNDLE it refuses that, and what only plans needs none.
    """
    (binary,) = folder.glob(".terraform/providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws_*")
    clean = {name: value for name, value in env.items() if name != "AWS_CA_BUNDLE"}
    with subprocess.Popen(
        ["/bin/sh", "-c", UNTIL_INPUT_ENDS, binary],
        env=clean,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # thousands of lines of its log; Terraform shows its errors
        text=True,
    ) as provider:
        assert provider.stdin is not None
        assert provider.stdout is not None
        try:
            served = next(line for line in provider.stdout if f"{REATTACH}='" in line)
            yield clean | {REATTACH: served.partition("'")[2].rpartition("'")[0]}
        finally:
            provider.stdin.close()
