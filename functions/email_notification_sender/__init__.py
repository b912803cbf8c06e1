"""SQS OrgResourceEventsNotificationEmail → SES. It knows nothing of the layers above."""
