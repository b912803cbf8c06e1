module "names" {
  source = "../names"

  name_prefix = var.name_prefix
  buses       = [var.name]
}

locals {
  names   = module.names.buses[var.name]
  partner = startswith(var.name, "aws.partner/")
  pattern = jsonencode({ account = distinct(concat([var.account.id], var.settings.accounts)) })
}

# Under a key of AWS: EventBridge cannot archive a bus under a customer-managed key.
resource "aws_cloudwatch_event_bus" "this" {
  name              = local.names.name
  event_source_name = local.partner ? local.names.name : null
}

# One document, because parallel PutPermission calls of a bus overwrite each other's statements.
resource "aws_cloudwatch_event_bus_policy" "this" {
  count = min(1, length(var.settings.accounts))

  event_bus_name = aws_cloudwatch_event_bus.this.name
  policy         = data.aws_iam_policy_document.this.json
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "NamedAccountsPut"
    actions   = ["events:PutEvents"]
    resources = [aws_cloudwatch_event_bus.this.arn]

    principals {
      type        = "AWS"
      identifiers = [for account in var.settings.accounts : "arn:${var.account.partition}:iam::${account}:root"]
    }
  }
}

# The statements of the release before. The document above has overwritten them, and so removed them.
removed {
  from = aws_cloudwatch_event_permission.this

  lifecycle {
    destroy = false
  }
}

resource "aws_cloudwatch_event_archive" "this" {
  name             = local.names.archive
  description      = "Every event of ${local.names.name}, for make replay"
  event_source_arn = aws_cloudwatch_event_bus.this.arn
  retention_days   = var.settings.archive_days
}

resource "aws_cloudwatch_event_rule" "catch_all" {
  name           = "${var.name_prefix}CatchAll"
  description    = "Every event of this account, and of those that may put events here"
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = local.pattern

  lifecycle {
    precondition {
      condition     = length(local.pattern) <= 2048
      error_message = "EventBridge takes patterns of up to 2048 characters, and that of ${local.names.name} has ${length(local.pattern)}: name fewer accounts."
    }
  }
}

resource "aws_cloudwatch_event_target" "topic" {
  rule           = aws_cloudwatch_event_rule.catch_all.name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  arn            = var.topic_arn

  dead_letter_config {
    arn = var.dlq_arn
  }
}

module "rule_alarms" {
  source = "../rule_alarms"

  name       = "${aws_cloudwatch_event_rule.catch_all.name}-${replace(var.name, "/", "-")}" # each bus has a rule CatchAll
  rule       = { name = aws_cloudwatch_event_rule.catch_all.name, bus = aws_cloudwatch_event_bus.this.name }
  topic_arns = var.alarm_topic_arns
}

# For people who look for an event: every event as it arrived.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:events are no secrets; CloudWatch encrypts the group with its own key
  #checkov:skip=CKV_AWS_338:a week is enough to look an event up, and the archive keeps it longer
  name              = local.names.log_group
  retention_in_days = var.settings.log_retention_days
}

resource "aws_cloudwatch_event_target" "log_group" {
  rule           = aws_cloudwatch_event_rule.catch_all.name
  event_bus_name = aws_cloudwatch_event_bus.this.name
  arn            = aws_cloudwatch_log_group.this.arn

  dead_letter_config {
    arn = var.dlq_arn
  }
}
