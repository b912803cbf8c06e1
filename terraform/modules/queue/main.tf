data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  name = "${var.name_prefix}${var.name}"

  # Spelt out, because the policy is part of the queue and so can't refer to it. A separate
  # aws_sqs_queue_policy could, but the provider waits 25 s for each.
  arn = join(":", [
    "arn", data.aws_partition.current.partition, "sqs", data.aws_region.current.name,
    data.aws_caller_identity.current.account_id, local.name,
  ])
}

resource "aws_sqs_queue" "this" {
  name                       = local.name
  sqs_managed_sse_enabled    = true
  message_retention_seconds  = var.retention_days * 24 * 60 * 60
  visibility_timeout_seconds = var.visibility_timeout_seconds
  policy                     = data.aws_iam_policy_document.queue.json

  redrive_policy = var.redrive == null ? null : jsonencode({
    deadLetterTargetArn = var.redrive.dlq_arn
    maxReceiveCount     = var.redrive.max_receive_count
  })
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "OnlyEncryptedTransport"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = var.sender == null ? [] : [var.sender]

    content {
      sid       = "OneSourceSends"
      actions   = ["sqs:SendMessage"]
      resources = [local.arn]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value.source_arn]
      }
    }
  }
}
