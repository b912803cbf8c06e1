"""Adapters to AWS; the only place that imports boto3 or botocore."""
