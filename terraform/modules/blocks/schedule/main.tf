# The topic receives a complete event in EventBridge's format. Id and time are those of the schedule's event, so each
# run has new ones; when EventBridge retries, they stay the same.
locals {
  template = jsonencode({
    version     = "0"
    id          = "<id>"
    source      = var.event.source
    detail-type = var.event.detail_type
    account     = "<account>"
    region      = "<region>"
    time        = "<time>"
    resources   = ["<aws.events.rule-arn>"]
    detail      = var.event.detail
  })
}

# No event_bus_name: EventBridge has schedules on the default bus only.
resource "aws_cloudwatch_event_rule" "this" {
  name                = "${var.name_prefix}${var.name}"
  description         = "${var.event.detail_type}: ${var.expression}"
  schedule_expression = var.expression

  lifecycle {
    precondition {
      condition     = length("${var.name_prefix}${var.name}") <= 64
      error_message = "EventBridge takes rule names of up to 64 characters, and ${var.name_prefix}${var.name} has ${length("${var.name_prefix}${var.name}")}: shorten the schedule's name, or name_prefix."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = var.topic_arn

  input_transformer {
    input_paths = {
      id      = "$.id"
      account = "$.account"
      region  = "$.region"
      time    = "$.time"
    }
    # jsonencode writes < and > as escapes, which EventBridge would not take for the brackets of its placeholders.
    input_template = replace(replace(local.template, "\\u003c", "<"), "\\u003e", ">")
  }

  dead_letter_config {
    arn = var.dlq_arn
  }
}

module "rule_alarms" {
  source = "../rule_alarms"

  name       = aws_cloudwatch_event_rule.this.name
  rule       = { name = aws_cloudwatch_event_rule.this.name }
  topic_arns = var.alarm_topic_arns
}
