"""The way to a real account, as every other AWS tool finds it."""

import os

import boto3


def new() -> boto3.Session:
    """Return a session in the region of AWS_REGION, which all AWS tools but botocore obey; without it, of the profile.

    Raises BotoCoreError for a profile that does not exist.
    """
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
