"""The way to a real account, as every other AWS tool finds it."""

from __future__ import annotations

import os

import boto3


def new() -> boto3.Session:
    """Return a session in the region of AWS_REGION, which all of AWS's tools heed but botocore; or of the profile.

    Raises BotoCoreError for a profile that is not there.
    """
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
