data "aws_caller_identity" "current" {}

locals {
  # A partner's bus is named after its event source, which the partner chose.
  partner = startswith(var.name, "aws.partner/")
  name    = "${local.partner ? "" : var.name_prefix}${var.name}"

  # Of an account's archives no two share a name, so this has the prefix even where the bus can't.
  long_archive_name = replace("${var.name_prefix}${var.name}", "/", "-")
  archive_name = (
    length(local.long_archive_name) <= 48
    ? local.long_archive_name
    : "${substr(local.long_archive_name, 0, 39)}-${substr(sha256(local.long_archive_name), 0, 8)}"
  )
  pattern = jsonencode({ account = distinct(concat([data.aws_caller_identity.current.account_id], var.settings.accounts)) })
}

# Under AWS's own key: EventBridge can't archive a bus under a key of ours.
resource "aws_cloudwatch_event_bus" "this" {
  name              = local.name
  event_source_name = local.partner ? local.name : null
}

resource "aws_cloudwatch_event_permission" "this" {
  for_each = toset(var.settings.accounts)

  principal      = each.value
  statement_id   = "Account${each.value}Puts"
  action         = "events:PutEvents"
  event_bus_name = aws_cloudwatch_event_bus.this.name
}

resource "aws_cloudwatch_event_archive" "this" {
  name             = local.archive_name
  description      = "Every event of ${local.name}, for make replay"
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
      error_message = "EventBridge takes patterns of up to 2048 characters, and that of ${local.name} has ${length(local.pattern)}: name fewer accounts."
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

# For people who look for an event: whatever came, as it came.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:events are news, not secrets; CloudWatch encrypts the group with its own key
  #checkov:skip=CKV_AWS_338:a week is enough to look an event up, and the archive keeps it longer
  name              = "/aws/events/${var.name_prefix}${var.name}"
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
