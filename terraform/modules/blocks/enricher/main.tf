# The snapshot of a resource's tags from when they were last read: it is used when the resource is gone.
resource "aws_dynamodb_table" "tags" {
  #checkov:skip=CKV_AWS_28:a copy of tags that are read again from the resources; there is nothing to restore
  #checkov:skip=CKV_AWS_119:it holds tags, no secrets; DynamoDB encrypts it with a key of AWS
  name         = "${var.name_prefix}OrgResourceTags"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "arn"

  attribute {
    name = "arn"
    type = "S"
  }

  ttl {
    attribute_name = "expiration"
    enabled        = true
  }
}

# What a role needs to enrich: AWS has no resource level for reading tags, so that can be allowed for "*" only; and of the
# roles and users, for which it has one, events may be about any.
data "aws_iam_policy_document" "enrich" {
  #checkov:skip=CKV_AWS_356:reading tags has no resource level, but for roles and users, and events may be about any
  statement {
    sid       = "ReadTagsOfEC2"
    actions   = ["ec2:DescribeTags"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadTagsOfAllOthers"
    actions   = ["tag:GetResources"]
    resources = ["*"]
  }

  # The Tagging API answers nothing for these.
  statement {
    sid       = "ReadTagsOfAutoScalingGroups"
    actions   = ["autoscaling:DescribeTags"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadTagsOfRolesAndUsers"
    actions   = ["iam:ListRoleTags", "iam:ListUserTags"]
    resources = ["*"]
  }

  statement {
    sid       = "KeepTags"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.tags.arn]
  }
}
