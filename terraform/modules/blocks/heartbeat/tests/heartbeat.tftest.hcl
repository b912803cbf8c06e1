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
  name_prefix = "blue-"
  event_source = {
    topic_arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents"
    dlq_arn   = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"
  }
  function_name    = "blue-EmailNotificationSender"
  alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
}

run "a_beat_every_five_minutes" {
  command = plan

  assert {
    condition     = output.rule.name == "blue-Heartbeat"
    error_message = "The rules' DLQ takes from a rule of this name."
  }
}

run "silence_for_a_quarter_of_an_hour_alarms" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this[0].namespace == "infra-events"
      && aws_cloudwatch_metric_alarm.this[0].metric_name == "HeartbeatLatency"
      && aws_cloudwatch_metric_alarm.this[0].dimensions == tomap({ FunctionName = "blue-EmailNotificationSender" })
      && aws_cloudwatch_metric_alarm.this[0].statistic == "SampleCount"
      && aws_cloudwatch_metric_alarm.this[0].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.this[0].threshold == 1
      && aws_cloudwatch_metric_alarm.this[0].period == 60
      && aws_cloudwatch_metric_alarm.this[0].evaluation_periods == 15
      && aws_cloudwatch_metric_alarm.this[0].treat_missing_data == "breaching"
    )
    error_message = "Fifteen minutes without a beat of this deployment must set the alarm off."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this[0].alarm_actions == toset(var.alarm_topic_arns) && aws_cloudwatch_metric_alarm.this[0].ok_actions == toset(var.alarm_topic_arns)
    error_message = "The topics must hear of it, and of its end."
  }
}

run "a_beat_that_cannot_be_delivered_alarms" {
  command = plan

  assert {
    condition     = output.alarms == ["blue-Heartbeat", "blue-Heartbeat-FailedInvocations", "blue-Heartbeat-InvocationsFailedToBeSentToDlq"]
    error_message = jsonencode(output.alarms)
  }
}

run "nobody_to_alarm" {
  command = plan

  variables {
    alarm_topic_arns = []
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "Without a topic there is nobody to alarm."
  }
}

run "every_minute" {
  command = plan

  variables {
    rhythm = { rate_minutes = 1, alarm_after_minutes = 3 }
  }
}

run "an_alarm_at_the_second_beat" {
  command = plan

  variables {
    rhythm = { rate_minutes = 5, alarm_after_minutes = 10 }
  }

  expect_failures = [var.rhythm]
}

run "a_rhythm_that_eventbridge_cannot_keep" {
  command = plan

  variables {
    rhythm = { rate_minutes = 0.5 }
  }

  expect_failures = [var.rhythm]
}

run "longer_than_cloudwatch_looks_back" {
  command = plan

  variables {
    rhythm = { rate_minutes = 500, alarm_after_minutes = 1441 }
  }

  expect_failures = [var.rhythm]
}
