"""SQS OrgResourceEventsMessaging (or …V2) → notifications → SNS OrgResourceEventsNotification."""
