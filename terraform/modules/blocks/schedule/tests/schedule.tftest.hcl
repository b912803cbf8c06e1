# The real provider on a made-up account: it only plans, nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "Schedule-weekly"
  name_prefix = "blue-"
  expression  = "cron(0 8 ? * MON *)"
  event = {
    source      = "infra-events.schedule"
    detail_type = "Schedule Elapsed"
    detail      = { name = "weekly", task = "call \"rotate\" & more" }
  }
  topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents"
  dlq_arn   = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"
}

run "a_schedule_leads_to_the_topic_or_to_the_dlq" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_rule.this.name == "blue-Schedule-weekly" && aws_cloudwatch_event_rule.this.schedule_expression == "cron(0 8 ? * MON *)"
    error_message = "The rule must be of the deployment and run at the set times."
  }

  assert {
    condition     = contains(["default", ""], coalesce(aws_cloudwatch_event_rule.this.event_bus_name, "default"))
    error_message = "EventBridge has schedules on the default bus only."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this.arn == var.topic_arn && one(aws_cloudwatch_event_target.this.dead_letter_config).arn == var.dlq_arn
    error_message = "The topic must have the event, or the DLQ."
  }
}

run "an_event_that_cannot_be_delivered_alarms" {
  command = plan

  variables {
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = output.alarms == ["blue-Schedule-weekly-FailedInvocations", "blue-Schedule-weekly-InvocationsFailedToBeSentToDlq"]
    error_message = jsonencode(output.alarms)
  }
}

run "each_run_is_a_whole_event_with_a_new_id_and_time" {
  command = plan

  assert {
    condition = jsondecode(one(aws_cloudwatch_event_target.this.input_transformer).input_template) == {
      version     = "0"
      id          = "<id>"
      source      = "infra-events.schedule"
      detail-type = "Schedule Elapsed"
      account     = "<account>"
      region      = "<region>"
      time        = "<time>"
      resources   = ["<aws.events.rule-arn>"]
      detail      = { name = "weekly", task = "call \"rotate\" & more" }
    }
    error_message = one(aws_cloudwatch_event_target.this.input_transformer).input_template
  }

  assert {
    condition     = strcontains(one(aws_cloudwatch_event_target.this.input_transformer).input_template, "\"<id>\"")
    error_message = "EventBridge fills in what is in real brackets, not in escaped ones."
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this.input_transformer).input_paths == tomap({ id = "$.id", account = "$.account", region = "$.region", time = "$.time" })
    error_message = "Each placeholder must have its path."
  }
}

run "rates_and_crons_of_every_kind" {
  command = plan

  variables {
    expression = "cron(0/15 8-18 L JAN,JUL ? 2027-2030)"
  }
}

run "one_minute" {
  command = plan

  variables {
    expression = "rate(1 minute)"
  }
}

run "one_minutes" {
  command = plan

  variables {
    expression = "rate(1 minutes)"
  }

  expect_failures = [var.expression]
}

run "a_rate_of_nothing" {
  command = plan

  variables {
    expression = "rate(0 minutes)"
  }

  expect_failures = [var.expression]
}

run "a_cron_of_five_fields" {
  command = plan

  variables {
    expression = "cron(0 8 * * MON)"
  }

  expect_failures = [var.expression]
}

run "a_cron_with_both_days" {
  command = plan

  variables {
    expression = "cron(0 8 * * MON *)"
  }

  expect_failures = [var.expression]
}

run "brackets_in_its_detail" {
  command = plan

  variables {
    event = { source = "infra-events.schedule", detail_type = "Schedule Elapsed", detail = { task = "<id>" } }
  }

  expect_failures = [var.event]
}

run "a_key_that_would_make_all_runs_one_event" {
  command = plan

  variables {
    event = { source = "infra-events.schedule", detail_type = "Schedule Elapsed", detail = { idempotency-key = "x" } }
  }

  expect_failures = [var.event]
}

run "a_name_that_eventbridge_refuses" {
  command = plan

  variables {
    name = "Schedule-every week"
  }

  expect_failures = [var.name]
}

run "a_name_that_is_too_long" {
  command = plan

  variables {
    name = "Schedule-whose-name-has-so-many-words-that-nobody-will-read-it"
  }

  expect_failures = [aws_cloudwatch_event_rule.this]
}
