"""SQS OrgResourceEventsMessaging → words → SNS OrgResourceEventsNotification."""
