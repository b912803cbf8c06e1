resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name        = "${var.queue_name}-${var.metric}"
  alarm_description = var.meaning
  alarm_actions     = var.topic_arns
  ok_actions        = var.topic_arns

  namespace           = "AWS/SQS"
  metric_name         = var.metric
  dimensions          = { QueueName = var.queue_name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.threshold
  period              = 60
  evaluation_periods  = 1

  # SQS reports nothing for a queue that was quiet for six hours: that is the good case.
  treat_missing_data = "notBreaching"
}
