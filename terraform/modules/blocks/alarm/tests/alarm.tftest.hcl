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
  name       = "blue-ExampleDLQ"
  metric     = "ApproximateNumberOfMessagesVisible"
  dimensions = { QueueName = "blue-ExampleDLQ" }
  meaning    = "Messages wait for a person."
  topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
}

run "goes_off_above_the_threshold_of_this_queue" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this.alarm_name == "blue-ExampleDLQ-ApproximateNumberOfMessagesVisible"
      && aws_cloudwatch_metric_alarm.this.namespace == "AWS/SQS"
      && aws_cloudwatch_metric_alarm.this.statistic == "Maximum"
      && aws_cloudwatch_metric_alarm.this.metric_name == var.metric
      && aws_cloudwatch_metric_alarm.this.dimensions == tomap({ QueueName = "blue-ExampleDLQ" })
      && aws_cloudwatch_metric_alarm.this.comparison_operator == "GreaterThanThreshold"
      && aws_cloudwatch_metric_alarm.this.threshold == 0
    )
    error_message = "One message in the queue must set the alarm off."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this.alarm_actions == toset(var.topic_arns) && aws_cloudwatch_metric_alarm.this.ok_actions == toset(var.topic_arns)
    error_message = "The topics must hear of it, and of its end."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this.treat_missing_data == "notBreaching"
    error_message = "A quiet queue must not alarm."
  }
}

run "what_is_counted_is_summed_up" {
  command = plan

  variables {
    name       = "blue-Example"
    metric     = "Throttles"
    dimensions = { FunctionName = "blue-Example" }
    minutes    = { above = 3, of = 15 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this.namespace == "AWS/Lambda"
      && aws_cloudwatch_metric_alarm.this.statistic == "Sum"
      && aws_cloudwatch_metric_alarm.this.datapoints_to_alarm == 3
      && aws_cloudwatch_metric_alarm.this.evaluation_periods == 15
      && aws_cloudwatch_metric_alarm.this.period == 60
    )
    error_message = "Throttles in three of fifteen minutes must set the alarm off."
  }
}

run "what_the_functions_log_is_a_metric_too" {
  command = plan

  variables {
    name       = "blue-Example"
    metric     = "AgeSinceFirstEnqueued"
    dimensions = { FunctionName = "blue-Example" }
    threshold  = 3600
    minutes    = { above = 1, of = 20 }
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this.namespace == "infra-events"
      && aws_cloudwatch_metric_alarm.this.statistic == "Maximum"
      && aws_cloudwatch_metric_alarm.this.threshold == 3600
      && aws_cloudwatch_metric_alarm.this.datapoints_to_alarm == 1
      && aws_cloudwatch_metric_alarm.this.evaluation_periods == 20
    )
    error_message = "One value above the threshold in twenty minutes must set the alarm off."
  }
}

run "other_metric" {
  command = plan

  variables {
    metric = "NumberOfMessagesSent"
  }

  expect_failures = [var.metric]
}
