# A drill that goes the whole way, from EventBridge to SES; the email function tells CloudWatch how long it took.
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
  topic_arn = var.event_source.topic_arn
  dlq_arn   = var.event_source.dlq_arn
}

# Minute by minute, so that it goes off as soon as the last beat is too old, wherever the clock stands.
resource "aws_cloudwatch_metric_alarm" "this" {
  count = min(1, length(var.alarm_topic_arns))

  alarm_name        = "${var.name_prefix}Heartbeat"
  alarm_description = "No heartbeat came out for ${var.rhythm.alarm_after_minutes} minutes: what happens now is not told either. Look along the way: queues, DLQs, functions' logs, SES."
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

  # Silence is what this is about.
  treat_missing_data = "breaching"
}
