# The real provider on a made-up account, so that policies are really rendered (a mock would make them up) and in a
# partition that a literal "aws" would show up in. What would be created is overridden: nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target = module.topic.aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsNotification" }
}

override_resource {
  target = aws_dynamodb_table.sent
  values = { arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-OrgResourceEventsNotificationSent" }
}

override_resource {
  target = module.channel["email"].module.queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmail", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmail" }
}

override_resource {
  target = module.channel["email"].module.queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailDLQ", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmailDLQ" }
}

override_resource {
  target = module.topic.aws_sns_topic_policy.this
}

override_resource {
  target = module.channel["email"].module.queue.module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailSubscriptionDLQ" }
}

override_resource {
  target = module.channel["email"].module.queue.aws_sns_topic_subscription.this
}

override_resource {
  target = module.org_resource_event_notification_sender[0].aws_cloudwatch_log_group.this
  values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/blue-OrgResourceEventNotificationSender" }
}

override_resource {
  target = module.org_resource_event_notification_sender[0].aws_iam_role.this
  values = { arn = "arn:aws-us-gov:iam::111122223333:role/blue-OrgResourceEventNotificationSender" }
}

override_resource {
  target = module.org_resource_event_notification_sender[0].aws_iam_role_policy.this
}

override_resource {
  target = module.org_resource_event_notification_sender[0].aws_lambda_function.this
  values = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-OrgResourceEventNotificationSender" }
}

override_resource {
  target = module.org_resource_event_notification_sender[0].aws_lambda_event_source_mapping.this
}

override_resource {
  target = module.org_resource_event_notification_sender[0].aws_lambda_function_event_invoke_config.this
}

override_resource {
  target = module.channel["email"].module.worker.aws_cloudwatch_log_group.this
  values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/blue-EmailNotificationSender" }
}

override_resource {
  target = module.channel["email"].module.worker.aws_iam_role.this
  values = { arn = "arn:aws-us-gov:iam::111122223333:role/blue-EmailNotificationSender" }
}

override_resource {
  target = module.channel["email"].module.worker.aws_iam_role_policy.this
}

override_resource {
  target = module.channel["email"].module.worker.aws_lambda_function.this
  values = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-EmailNotificationSender" }
}

override_resource {
  target = module.channel["email"].module.worker.aws_lambda_event_source_mapping.this
}

override_resource {
  target = module.channel["email"].module.worker.aws_lambda_function_event_invoke_config.this
}

override_resource {
  target = module.channel["email"].module.urgent_queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailUrgent", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmailUrgent" }
}

override_resource {
  target = module.channel["email"].module.urgent_queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailUrgentDLQ" }
}

override_resource {
  target = module.channel["email"].module.urgent_queue.aws_sns_topic_subscription.this
}

override_resource {
  target = module.channel["email"].module.worker.aws_lambda_event_source_mapping.urgent
}

variables {
  name_prefix   = "blue-"
  account       = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  topic_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  standard_messages = {
    queue = {
      arn                        = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessaging"
      visibility_timeout_seconds = 181
      dlq = {
        arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingDLQ"
        url = "https://sqs.example/blue-OrgResourceEventsMessagingDLQ"
      }
    }
    enricher = {
      table_name = "blue-OrgResourceTags"
      policy     = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTagsOfEC2\",\"Effect\":\"Allow\",\"Action\":\"ec2:DescribeTags\",\"Resource\":\"*\"}]}"
    }
    function = { timeout_seconds = 30, memory_mb = 256 }
  }
  sender = { address = "infra-events@example.org" }
  routing = {
    bucket      = "blue-routing-111122223333-us-gov-west-1"
    sha256      = "0a1b2c"
    read_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTheRouting\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1/routing/*\"}]}"
  }
  worker = {
    package_dir = "../../../dist"
    batch       = { size = 100, window_seconds = 1 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

run "each_function_may_do_its_own_and_no_more" {
  assert {
    condition = toset(jsondecode(module.org_resource_event_notification_sender[0].policy).Statement[*].Sid) == toset([
      "PublishToOrgResourceEventsNotification", "EncryptForOrgResourceEventsNotification", "ReadTheRouting", "ReadTagsOfEC2",
      "WriteOwnLog", "EmptyOwnQueue", "ParkInOwnDLQ",
    ])
    error_message = module.org_resource_event_notification_sender[0].policy
  }

  assert {
    condition = toset(jsondecode(module.channel["email"].policy).Statement[*].Sid) == toset([
      "MailFromTheSenderOnly", "RecordWhatWasSent", "SendBackForLater", "ReadTheRouting", "WriteOwnLog", "EmptyOwnQueue", "ParkInOwnDLQ",
    ])
    error_message = module.channel["email"].policy
  }
}
