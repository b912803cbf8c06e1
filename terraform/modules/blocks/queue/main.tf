module "names" {
  source = "../names"

  name_prefix = var.name_prefix
  account     = var.account
}

locals {
  name = "${var.name_prefix}${var.name}"

  day_seconds = 24 * 60 * 60

  # Spelt out, because the policy is set within the queue and so can't refer to it. A separate
  # aws_sqs_queue_policy could, but the provider waits 25 s for each.
  arn = "arn:${var.account.partition}:sqs:${var.account.region}:${var.account.id}:${local.name}"
}

resource "aws_sqs_queue" "this" {
  name                       = local.name
  message_retention_seconds  = var.retention_days * local.day_seconds
  visibility_timeout_seconds = var.visibility_timeout_seconds
  sqs_managed_sse_enabled    = true
  policy                     = data.aws_iam_policy_document.this.json

  redrive_policy = var.redrive == null ? null : jsonencode({
    deadLetterTargetArn = var.redrive.dlq_arn
    maxReceiveCount     = var.redrive.max_receive_count
  })
}

data "aws_iam_policy_document" "this" {
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
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = statement.value.source_arns
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.readers) > 0 ? [var.readers] : []

    content {
      sid = "NamedReadersReceive"
      actions = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
      ]
      resources = [local.arn]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}
