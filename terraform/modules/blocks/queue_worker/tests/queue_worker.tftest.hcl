# The real provider on a made-up account, so that policies are really rendered (a mock would make them up) and in a
# partition that a literal "aws" would show up in. It only plans: nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "EmailNotificationSender"
  name_prefix = "blue-"
  description = "Works"
  queue = {
    arn                        = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"
    visibility_timeout_seconds = 181
    dlq = {
      arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ"
      url = "https://sqs.example/blue-ExampleDLQ"
    }
  }
  permissions = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"OwnWork\",\"Effect\":\"Allow\",\"Action\":\"sns:Publish\",\"Resource\":\"arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic\"}]}"
  environment = { OWN = "value" }
  function    = { timeout_seconds = 30, memory_mb = 256 }
  worker = {
    package_dir = "../../../../dist"
    batch       = { size = 100, window_seconds = 1 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

run "one_name_in_two_spellings" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.function_name == "blue-EmailNotificationSender" && aws_iam_role.this.name == "blue-EmailNotificationSender"
    error_message = "Function and role must carry the prefix."
  }

  assert {
    condition     = aws_lambda_function.this.handler == "email_notification_sender.handler.handler" && aws_lambda_function.this.filename == "../../../../dist/email_notification_sender.zip"
    error_message = "EmailNotificationSender lives in email_notification_sender: ${aws_lambda_function.this.handler}"
  }
}

run "runs_what_was_packaged" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.runtime == "python3.13" && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "The zips' wheels are for Python 3.13 on arm64."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("../../../../dist/email_notification_sender.zip")
    error_message = "A new zip must be deployed."
  }

  assert {
    condition     = aws_lambda_function.this.timeout == 30 && aws_lambda_function.this.memory_size == 256
    error_message = "Timeout and memory are inputs."
  }
}

run "knows_where_to_park_and_who_it_is" {
  command = plan

  assert {
    condition = output.environment == tomap({
      OWN                     = "value"
      PARKING_QUEUE_URL       = "https://sqs.example/blue-ExampleDLQ"
      POWERTOOLS_LOG_LEVEL    = "INFO"
      POWERTOOLS_SERVICE_NAME = "EmailNotificationSender"
    })
    error_message = jsonencode(output.environment)
  }
}

run "reports_partial_failures_of_batches" {
  command = plan

  assert {
    condition     = aws_lambda_event_source_mapping.this.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "One failing message must not repeat the others."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.batch_size == 100 && aws_lambda_event_source_mapping.this.maximum_batching_window_in_seconds == 1
    error_message = "Batch and window are inputs."
  }

  assert {
    condition     = aws_lambda_event_source_mapping.this.event_source_arn == var.queue.arn
    error_message = "It must empty the given queue."
  }
}

run "as_many_at_a_time_as_lambda_starts_unless_limited" {
  command = plan

  assert {
    condition     = length(aws_lambda_event_source_mapping.this.scaling_config) == 0
    error_message = "A worker without a limit has none: ${jsonencode(aws_lambda_event_source_mapping.this.scaling_config)}"
  }
}

run "a_limit_holds_for_each_queue" {
  command = plan

  variables {
    urgent_queue = {
      arn                        = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleUrgent"
      visibility_timeout_seconds = 181
    }
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 4, window_seconds = 0, maximum_concurrency = 2 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }
    }
  }

  assert {
    condition = [
      for mapping in concat([aws_lambda_event_source_mapping.this], aws_lambda_event_source_mapping.urgent) : [
        mapping.event_source_arn,
        mapping.batch_size,
        mapping.maximum_batching_window_in_seconds,
        one(mapping.scaling_config).maximum_concurrency,
        one(mapping.function_response_types),
      ]
    ] == [for arn in [var.queue.arn, var.urgent_queue.arn] : [arn, 4, 0, 2, "ReportBatchItemFailures"]]
    error_message = "Both mappings are alike but for the queue."
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.work.statement : statement.resources if statement.sid == "EmptyOwnQueue"]) == toset([var.queue.arn, var.urgent_queue.arn])
    error_message = "The function must be able to empty both."
  }
}

run "one_batch_at_a_time" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 4, window_seconds = 0, maximum_concurrency = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }
    }
  }

  expect_failures = [var.worker]
}

run "more_batches_than_lambda_allows" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 4, window_seconds = 0, maximum_concurrency = 1001 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }
    }
  }

  expect_failures = [var.worker]
}

run "an_urgent_queue_that_hides_too_briefly" {
  command = plan

  variables {
    urgent_queue = {
      arn                        = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleUrgent"
      visibility_timeout_seconds = 180
    }
  }

  expect_failures = [var.urgent_queue]
}

run "direct_invocations_are_not_lost" {
  command = plan

  assert {
    condition     = one(one(aws_lambda_function_event_invoke_config.this.destination_config).on_failure).destination == var.queue.dlq.arn
    error_message = "An event handed to the function directly must end in the DLQ when it fails."
  }
}

run "errors_and_throttles_alarm" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring = {
        log_retention_days = 30
        log_level          = "INFO"
        alarm_topic_arns   = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
      }
    }
  }

  assert {
    condition     = output.alarms == ["blue-EmailNotificationSender-Errors", "blue-EmailNotificationSender-Throttles"]
    error_message = jsonencode(output.alarms)
  }
}

run "no_alarms_without_a_topic" {
  command = plan

  assert {
    condition     = output.alarms == []
    error_message = "Without a topic there is nobody to alarm."
  }
}

run "logs_with_retention" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/blue-EmailNotificationSender" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The function's log group must have the retention asked for."
  }
}

run "a_boundary_where_one_is_given" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      permissions_boundary_arn = "arn:aws-us-gov:iam::111122223333:policy/Boundary"
    }
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == "arn:aws-us-gov:iam::111122223333:policy/Boundary"
    error_message = "Who applies may be allowed to make roles with it only."
  }
}

run "neither_a_vpc_nor_a_path_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && aws_iam_role.this.path == "/"
    error_message = "A VPC and a path are the deployment's choice."
  }

  assert {
    condition     = length([for statement in data.aws_iam_policy_document.work.statement : statement if strcontains(join(" ", statement.actions), "ec2:")]) == 0
    error_message = "Without a VPC there are no network interfaces."
  }
}

run "a_vpc_where_one_is_given" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    }
  }

  assert {
    condition     = one(aws_lambda_function.this.vpc_config).subnet_ids == toset(["subnet-1", "subnet-2"]) && one(aws_lambda_function.this.vpc_config).security_group_ids == toset(["sg-1"])
    error_message = jsonencode(aws_lambda_function.this.vpc_config)
  }

  assert {
    condition = one([for statement in data.aws_iam_policy_document.work.statement : [statement.resources, statement.condition] if contains(statement.actions, "ec2:CreateNetworkInterface")]) == [
      toset(["*"]), toset([{ test = "Null", variable = "lambda:SourceFunctionArn", values = tolist(["true"]) }]),
    ]
    error_message = "Lambda makes the network interfaces, the function's code none."
  }
}

run "a_vpc_without_security_groups" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      vpc = { subnet_ids = ["subnet-1"], security_group_ids = [] }
    }
  }

  expect_failures = [var.worker]
}

run "a_vpc_by_names" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      vpc = { subnet_ids = ["private"], security_group_ids = ["sg-1"] }
    }
  }

  expect_failures = [var.worker]
}

run "security_groups_by_names" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["default"] }
    }
  }

  expect_failures = [var.worker]
}

run "a_path_where_one_is_given" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      role_path = "/teams/events/"
    }
  }

  assert {
    condition     = aws_iam_role.this.path == "/teams/events/"
    error_message = aws_iam_role.this.path
  }
}

run "a_path_without_slashes" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }

      role_path = "teams"
    }
  }

  expect_failures = [var.worker]
}

run "missing_zip" {
  command = plan

  variables {
    name = "NotPackagedYet"
  }

  expect_failures = [aws_lambda_function.this]
}

run "queue_that_hides_messages_too_briefly" {
  command = plan

  variables {
    function = { timeout_seconds = 31, memory_mb = 256 }
  }

  expect_failures = [var.queue]
}

run "queue_that_forgets_the_window" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 2 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }
    }
  }

  expect_failures = [var.queue]
}

run "big_batch_without_a_window" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 11, window_seconds = 0 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }
    }
  }

  expect_failures = [var.worker]
}

run "small_batch_without_a_window" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 10, window_seconds = 0 }
      monitoring  = { log_retention_days = 30, log_level = "INFO" }
    }
  }
}

run "unknown_log_level" {
  command = plan

  variables {
    worker = {
      package_dir = "../../../../dist"
      batch       = { size = 100, window_seconds = 1 }
      monitoring  = { log_retention_days = 30, log_level = "CHATTY" }
    }
  }

  expect_failures = [var.worker]
}

# An apply, as a policy about a resource is rendered only then. What would be created is overridden: nothing is
# called. The last run, as a later one would look for what this one made up.
run "may_do_its_own_work_and_nothing_else" {
  override_resource {
    target = aws_cloudwatch_log_group.this
    values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/blue-EmailNotificationSender" }
  }

  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws-us-gov:iam::111122223333:role/blue-EmailNotificationSender" }
  }

  override_resource {
    target = aws_iam_role_policy.this
  }

  override_resource {
    target = aws_lambda_function.this
    values = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-EmailNotificationSender" }
  }

  override_resource {
    target = aws_lambda_event_source_mapping.this
  }

  override_resource {
    target = aws_lambda_function_event_invoke_config.this
  }

  assert {
    condition = { for statement in jsondecode(output.policy).Statement : statement.Sid => [toset(flatten([statement.Action])), statement.Resource] } == {
      OwnWork       = [toset(["sns:Publish"]), "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic"]
      WriteOwnLog   = [toset(["logs:CreateLogStream", "logs:PutLogEvents"]), "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/blue-EmailNotificationSender:*"]
      EmptyOwnQueue = [toset(["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]), var.queue.arn]
      ParkInOwnDLQ  = [toset(["sqs:SendMessage"]), var.queue.dlq.arn]
    }
    error_message = output.policy
  }

  assert {
    condition     = one(jsondecode(aws_iam_role.this.assume_role_policy).Statement).Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Only Lambda takes the role: ${aws_iam_role.this.assume_role_policy}"
  }
}
