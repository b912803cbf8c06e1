# One customer-managed key for every topic: EventBridge cannot publish to a topic under the AWS-managed
# key alias/aws/sns, whose policy nobody can edit.
module "names" {
  source = "../names"

  name_prefix = var.name_prefix
}

locals {
  account_root = "arn:${var.account.partition}:iam::${var.account.id}:root"
}

# In a key policy the resource "*" means "this key": the policy can't be attached to anything else.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:a key policy's resource "*" is the key itself
  #checkov:skip=CKV_AWS_111:a key policy's resource "*" is the key itself
  #checkov:skip=CKV_AWS_356:a key policy's resource "*" is the key itself
  statement {
    sid = "AccountAdministersTheKey"
    actions = [
      "kms:CancelKeyDeletion",
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:DescribeKey",
      "kms:DisableKey",
      "kms:DisableKeyRotation",
      "kms:EnableKey",
      "kms:EnableKeyRotation",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListAliases",
      "kms:ListGrants",
      "kms:ListKeyPolicies",
      "kms:ListKeyRotations",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:RotateKeyOnDemand",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root]
    }
  }

  statement {
    sid       = "AccountLetsItsRolesPublishEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_root]
    }
  }

  # Without a source condition: KMS gets none from EventBridge for an encrypted topic, and events would vanish.
  statement {
    sid       = "EventBridgePublishesEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = length(var.publishers) > 0 ? [var.publishers] : []

    content {
      sid       = "NamedPublishersPublishEncrypted"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Encrypts the topics of ${var.name_prefix}infra-events"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "this" {
  name          = module.names.key_alias
  target_key_id = aws_kms_key.this.key_id
}
