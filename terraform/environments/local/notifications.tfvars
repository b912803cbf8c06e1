# The local AWS: short timeouts, so that what fails comes back in 30 seconds and not in minutes.
sender_address         = "infra-events@example.org"
create_sender_identity = true

services = ["ec2", "rds", "s3", "ecs", "cloudwatch", "lambda"] # what the demo shows

functions = {
  aws_service_event_handler              = { timeout_seconds = 5 }
  org_resource_event_notification_sender = { timeout_seconds = 5 }
  email_notification_sender              = { timeout_seconds = 5 }
}

monitoring = { alarm_topic_arns = [] } # the local AWS evaluates no alarms

mail_rate = 100 # so that nobody waits for the demo's mails

batch = { size = 10, window_seconds = 0 } # all the local AWS can do
