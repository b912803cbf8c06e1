"""SQS AwsServiceEvents → standard messages → SNS OrgResourceEvents."""
