module "names" {
  source = "../names"

  name_prefix = var.name_prefix
  account     = var.account
}

locals {
  name = "${var.name_prefix}${var.name}"

  day_seconds = 24 * 60 * 60

  # Spelt out, because the policies are set within the queue and so can't refer to it. Separate resources for them
  # could, but the provider waits 25 s for each.
  arn_prefix = "arn:${var.account.partition}:sqs:${var.account.region}:${var.account.id}:"
  arn        = "${local.arn_prefix}${local.name}"
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

  # AWS lets any queue of the account name this one as its DLQ: its messages would come in here, and `make redrive` could
  # send ours there.
  redrive_allow_policy = jsonencode(merge(
    { redrivePermission = var.dlq_of == null ? "denyAll" : "byQueue" },
    var.dlq_of == null ? {} : { sourceQueueArns = ["${local.arn_prefix}${var.name_prefix}${var.dlq_of}"] },
  ))
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
