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
  target = module.queue.module.subscription_dlq[0].aws_sqs_queue.this
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

override_resource {
  target = module.urgent_queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailUrgent", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmailUrgent" }
}

override_resource {
  target = module.urgent_queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailUrgentDLQ" }
}

override_resource {
  target = module.urgent_queue.aws_sns_topic_subscription.this
}

override_resource {
  target = module.worker.aws_lambda_event_source_mapping.urgent
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
  pacing = { rate = 12.6, quota = 45000, concurrency = 2, batch_size = 10 }
  worker = {
    package_dir = "../../../../dist"
    batch       = { size = 100, window_seconds = 1 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

run "the_function_may_ask_its_provider_and_record_what_was_sent" {
  assert {
    condition = toset(jsondecode(output.policy).Statement[*].Sid) == toset([
      "AskTheProvider", "RecordWhatWasSent", "SendBackForLater", "ReadTheRouting", "WriteOwnLog", "EmptyOwnQueue", "ParkInOwnDLQ",
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

# Whichever queue a message came from, it is parked in one DLQ.
run "the_function_empties_both_queues_sends_back_to_both_and_parks_in_one_dlq" {
  assert {
    condition = { for statement in jsondecode(output.policy).Statement : statement.Sid => toset([for resource in flatten([statement.Resource]) : split(":", resource)[5]]) if contains(flatten([statement.Action]), "sqs:SendMessage") || statement.Sid == "EmptyOwnQueue" } == {
      EmptyOwnQueue    = toset(["blue-OrgResourceEventsNotificationEmail", "blue-OrgResourceEventsNotificationEmailUrgent"])
      SendBackForLater = toset(["blue-OrgResourceEventsNotificationEmail", "blue-OrgResourceEventsNotificationEmailUrgent"])
      ParkInOwnDLQ     = toset(["blue-OrgResourceEventsNotificationEmailDLQ"])
    }
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
      QUEUE_URL               = "https://sqs.example/blue-OrgResourceEventsNotificationEmail"
      ROUTING_BUCKET          = "blue-routing-111122223333-us-gov-west-1"
      ROUTING_SHA256          = "0a1b2c"
      SENDS_PER_DAY           = "45000"
      SENDS_PER_SECOND        = "12.6"
      SENT_TABLE_NAME         = "blue-Sent"
      URGENT_QUEUE_URL        = "https://sqs.example/blue-OrgResourceEventsNotificationEmailUrgent"
    })
    error_message = jsonencode(output.environment)
  }
}

run "without_a_quota_any_number" {
  variables {
    pacing = { rate = 0.9, concurrency = 2, batch_size = 4 }
  }

  assert {
    condition     = !contains(keys(output.environment), "SENDS_PER_DAY") && output.environment.SENDS_PER_SECOND == "0.9"
    error_message = jsonencode(output.environment)
  }
}

# And not the batch of other functions.
run "batches_are_as_large_as_the_provider_is_fast" {
  assert {
    condition = module.worker.mappings == [
      for queue in ["OrgResourceEventsNotificationEmail", "OrgResourceEventsNotificationEmailUrgent"] : {
        queue_arn           = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-${queue}"
        batch_size          = 10
        window_seconds      = 0
        maximum_concurrency = 2
      }
    ]
    error_message = jsonencode(module.worker.mappings)
  }
}

run "both_queues_take_what_is_for_the_channel_and_one_only_what_is_urgent" {
  assert {
    condition = { for name, queue in output.queues : name => queue.filter_policy if queue.filter_policy != null } == {
      OrgResourceEventsNotificationEmail       = tomap({ channels = tolist(["email"]) })
      OrgResourceEventsNotificationEmailUrgent = tomap({ channels = tolist(["email"]), severity = tolist(["FATAL"]) })
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition = { for name, queue in output.queues : name => [queue.channel, queue.worker, queue.dlq] if queue.channel != null } == {
      OrgResourceEventsNotificationEmail       = ["email", "EmailNotificationSender", "OrgResourceEventsNotificationEmailDLQ"]
      OrgResourceEventsNotificationEmailUrgent = ["email", "EmailNotificationSender", "OrgResourceEventsNotificationEmailUrgentDLQ"]
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition = toset([for name in keys(output.queues) : name if endswith(name, "DLQ")]) == toset([
      for suffix in ["DLQ", "SubscriptionDLQ", "UrgentDLQ"] : "OrgResourceEventsNotificationEmail${suffix}"
    ])
    error_message = "Both subscriptions share a DLQ: ${jsonencode(keys(output.queues))}"
  }

  assert {
    condition     = output.visibility_timeout_seconds == 360
    error_message = "Six times the function's timeout, which is 60 s where none is asked for."
  }
}

run "a_channel_that_is_not_filtered_takes_everything" {
  variables { filtered = false }

  assert {
    condition = { for name, queue in output.queues : name => queue.filter_policy if queue.filter_policy != null } == {
      OrgResourceEventsNotificationEmailUrgent = tomap({ severity = tolist(["FATAL"]) })
    }
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
    condition     = module.queue.age_alarm && module.urgent_queue.age_alarm
    error_message = "The age of the queues must be watched."
  }

  assert {
    condition     = module.late_alarm[0].name == "blue-EmailNotificationSender-AgeSinceFirstEnqueued"
    error_message = "What is sent back to its queue is younger there than it is: that age must be watched too."
  }
}

run "a_rate_of_nothing" {
  command = plan

  variables {
    pacing = { rate = 0, concurrency = 2, batch_size = 1 }
  }

  expect_failures = [var.pacing]
}

run "a_quota_of_nothing" {
  command = plan

  variables {
    pacing = { rate = 1, quota = 0, concurrency = 2, batch_size = 5 }
  }

  expect_failures = [var.pacing]
}

run "a_batch_of_more_than_five_seconds" {
  command = plan

  variables {
    pacing = { rate = 0.9, concurrency = 2, batch_size = 5 }
  }

  expect_failures = [var.pacing]
}

run "a_batch_that_takes_too_much_of_the_timeout" {
  command = plan

  variables {
    pacing = { rate = 0.9, concurrency = 2, batch_size = 4 }
    function = {
      description     = "Delivers"
      permissions     = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
      environment     = {}
      timeout_seconds = 5
    }
  }

  expect_failures = [var.pacing]
}
