module "names" {
  source = "../names"

  name_prefix = var.name_prefix
}

# A drill that goes the whole way, from EventBridge to a provider; the channel's function measures its latency.
module "beat" {
  source = "../schedule"

  name        = "Heartbeat"
  name_prefix = var.name_prefix
  expression  = var.rhythm.rate_minutes == 1 ? "rate(1 minute)" : "rate(${var.rhythm.rate_minutes} minutes)"
  event = {
    source      = "drill.infra-events.heartbeat"
    detail_type = "Heartbeat"
    detail      = {}
  }
  topic_arn        = var.event_source.topic_arn
  dlq_arn          = var.event_source.dlq_arn
  alarm_topic_arns = var.alarm_topic_arns
}

# Periods of a minute, so that the alarm goes off as soon as the last heartbeat is too old.
resource "aws_cloudwatch_metric_alarm" "this" {
  count = min(1, length(var.alarm_topic_arns))

  alarm_name        = module.names.heartbeat
  alarm_description = "No heartbeat was delivered for ${var.rhythm.alarm_after_minutes} minutes, so neither are other events. Check queues, DLQs, functions' logs and SES."
  alarm_actions     = var.alarm_topic_arns
  ok_actions        = var.alarm_topic_arns

  namespace           = "infra-events"
  metric_name         = "HeartbeatLatency"
  dimensions          = { FunctionName = var.function_name }
  statistic           = "SampleCount"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = var.rhythm.alarm_after_minutes

  # Missing data is what the alarm is about.
  treat_missing_data = "breaching"
}
