"""SQS OrgResourceEventsMessaging → notifications → SNS OrgResourceEventsNotification."""
