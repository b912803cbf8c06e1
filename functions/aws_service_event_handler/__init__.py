"""SQS AwsServiceEvents → standard messages → SNS OrgResourceEvents, OrgResourceEventsV2."""
