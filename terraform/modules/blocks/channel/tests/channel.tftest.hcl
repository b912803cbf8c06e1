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
  target = module.queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmail", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmail" }
}

override_resource {
  target = module.queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailDLQ", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmailDLQ" }
}

override_resource {
  target = module.queue.module.subscription_dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailSubscriptionDLQ" }
}

override_resource {
  target = module.queue.aws_sns_topic_subscription.this
}

override_resource {
  target = module.worker.aws_cloudwatch_log_group.this
  values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/blue-EmailNotificationSender" }
}

override_resource {
  target = module.worker.aws_iam_role.this
  values = { arn = "arn:aws-us-gov:iam::111122223333:role/blue-EmailNotificationSender" }
}

override_resource {
  target = module.worker.aws_iam_role_policy.this
}

override_resource {
  target = module.worker.aws_lambda_function.this
  values = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-EmailNotificationSender" }
}

override_resource {
  target = module.worker.aws_lambda_event_source_mapping.this
}

override_resource {
  target = module.worker.aws_lambda_function_event_invoke_config.this
}

variables {
  name        = "email"
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  topic_arn   = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsNotification"
  routing = {
    bucket      = "blue-routing-111122223333-us-gov-west-1"
    sha256      = "0a1b2c"
    read_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTheRouting\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1/routing/*\"}]}"
  }
  sent_table = { name = "blue-Sent", arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-Sent" }
  function = {
    description = "Delivers"
    permissions = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"AskTheProvider\",\"Effect\":\"Allow\",\"Action\":\"ses:SendEmail\",\"Resource\":\"*\"}]}"
    environment = { PROVIDER = "value" }
  }
  worker = {
    package_dir = "../../../../dist"
    batch       = { size = 10, window_seconds = 0 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

run "the_function_may_ask_its_provider_and_record_what_was_sent" {
  assert {
    condition = toset(jsondecode(output.policy).Statement[*].Sid) == toset([
      "AskTheProvider", "RecordWhatWasSent", "ReadTheRouting", "WriteOwnLog", "EmptyOwnQueue", "ParkInOwnDLQ",
    ])
    error_message = output.policy
  }

  assert {
    condition = one([for statement in jsondecode(output.policy).Statement : [toset(statement.Action), statement.Resource] if statement.Sid == "RecordWhatWasSent"]) == [
      toset(["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]), "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-Sent",
    ]
    error_message = output.policy
  }
}

run "the_function_has_what_every_channel_needs_and_its_own" {
  assert {
    condition = output.environment == tomap({
      PARKING_QUEUE_URL       = "https://sqs.example/blue-OrgResourceEventsNotificationEmailDLQ"
      POWERTOOLS_LOG_LEVEL    = "INFO"
      POWERTOOLS_SERVICE_NAME = "EmailNotificationSender"
      PROVIDER                = "value"
      ROUTING_BUCKET          = "blue-routing-111122223333-us-gov-west-1"
      ROUTING_SHA256          = "0a1b2c"
      SENT_TABLE_NAME         = "blue-Sent"
    })
    error_message = jsonencode(output.environment)
  }
}

run "the_queue_takes_what_is_for_the_channel" {
  assert {
    condition     = output.queues.OrgResourceEventsNotificationEmail.filter_policy == tomap({ channels = tolist(["email"]) })
    error_message = jsonencode(output.queues)
  }

  assert {
    condition     = { for name, queue in output.queues : name => [queue.channel, queue.worker] if queue.channel != null } == { OrgResourceEventsNotificationEmail = ["email", "EmailNotificationSender"] }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition     = output.visibility_timeout_seconds == 180
    error_message = "Six times the function's timeout, which is 30 s where none is asked for."
  }
}

run "a_channel_that_is_not_filtered_takes_everything" {
  variables { filtered = false }

  assert {
    condition     = output.queues.OrgResourceEventsNotificationEmail.filter_policy == null
    error_message = jsonencode(output.queues)
  }
}

run "others_can_bind_to_the_function" {
  assert {
    condition     = { for name, function in output.functions : name => function.name } == { EmailNotificationSender = output.function_name }
    error_message = jsonencode(output.functions)
  }
}

run "alarms_with_a_topic" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 10, window_seconds = 0 }
      monitoring = {
        log_retention_days = 30
        log_level          = "INFO"
        alarm_topic_arns   = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
      }
    }
  }

  assert {
    condition     = module.queue.age_alarm
    error_message = "The age of the queue must be watched."
  }
}
