locals {
  # A drill is a real event with a mark: AWS lets nobody put events of source aws.*, so game days and local runs
  # use drill.aws.*.
  pattern = {
    source      = ["aws.ec2", "drill.aws.ec2"]
    detail-type = ["EC2 Instance State-change Notification"]
    detail = {
      state = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"]
    }
  }
}

# No event_bus_name: the default bus is where AWS services put their events.
resource "aws_cloudwatch_event_rule" "this" {
  name          = "${var.name_prefix}AwsServiceEvents"
  description   = "State changes of AWS resources, real ones and drills"
  event_pattern = jsonencode(local.pattern)
}

resource "aws_cloudwatch_event_target" "this" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = module.topic.topic.arn

  dead_letter_config {
    arn = aws_sqs_queue.rule_dlq.arn
  }
}

# What the rule could not deliver to the topic.
resource "aws_sqs_queue" "rule_dlq" {
  name                      = "${var.name_prefix}AwsServiceEventsRuleDLQ"
  message_retention_seconds = 14 * 24 * 60 * 60
  sqs_managed_sse_enabled   = true
  policy                    = module.rule_dlq_policy.json
}

module "rule_dlq_policy" {
  source = "../queue_policy"

  queue_name = "${var.name_prefix}AwsServiceEventsRuleDLQ"
  sender     = { service = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.this.arn }
}

module "rule_dlq_alarm" {
  source = "../alarm"
  count  = min(1, length(var.alarm_topic_arns))

  queue_name = aws_sqs_queue.rule_dlq.name
  metric     = "ApproximateNumberOfMessagesVisible"
  threshold  = 0
  meaning    = "Events in ${aws_sqs_queue.rule_dlq.name} never reached the topic: see why, mend it, redrive them."
  topic_arns = var.alarm_topic_arns
}

module "topic" {
  source = "../topic"

  name        = "AwsServiceEvents"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { services = ["events.amazonaws.com"] }
}

module "queue" {
  source = "../subscribed_queue"

  name             = "AwsServiceEvents"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic.topic.arn
  consumer         = var.consumer
  alarm_topic_arns = var.alarm_topic_arns
}
