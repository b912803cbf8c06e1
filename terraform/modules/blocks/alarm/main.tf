locals {
  metrics = {
    AgeSinceFirstEnqueued                     = { namespace = "infra-events", statistic = "Maximum" } # logged by channels
    ApproximateAgeOfOldestMessage             = { namespace = "AWS/SQS", statistic = "Maximum" }
    ApproximateNumberOfMessagesVisible        = { namespace = "AWS/SQS", statistic = "Maximum" }
    Errors                                    = { namespace = "AWS/Lambda", statistic = "Sum" }
    FailedInvocations                         = { namespace = "AWS/Events", statistic = "Sum" }
    InvocationsFailedToBeSentToDlq            = { namespace = "AWS/Events", statistic = "Sum" }
    NumberOfNotificationsFailedToRedriveToDlq = { namespace = "AWS/SNS", statistic = "Sum" }
    Throttles                                 = { namespace = "AWS/Lambda", statistic = "Sum" }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name        = "${var.name}-${var.metric}"
  alarm_description = var.meaning
  alarm_actions     = var.topic_arns
  ok_actions        = var.topic_arns

  namespace           = local.metrics[var.metric].namespace
  metric_name         = var.metric
  dimensions          = var.dimensions
  statistic           = local.metrics[var.metric].statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.threshold
  period              = 60
  evaluation_periods  = var.minutes.of
  datapoints_to_alarm = var.minutes.of == 1 ? null : var.minutes.above

  # AWS reports nothing of what is quiet: that is the good case.
  treat_missing_data = "notBreaching"
}
