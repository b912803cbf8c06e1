# What an account needs before a repository deploys to it: a place for the state, and two roles. A person applies this
# once; neither role can change any of it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  tags = { project = "infra-events", environment = var.github.environment }

  state_key = "notifications.tfstate"

  policies = {
    Read      = { grants = "What plan reads, and its boundary", document = data.aws_iam_policy_document.read.json }
    Write     = { grants = "What apply does besides reading", document = data.aws_iam_policy_document.write.json }
    Roles     = { grants = "What apply does with the functions' roles", document = data.aws_iam_policy_document.roles.json }
    Apply     = { grants = "The boundary of apply", document = data.aws_iam_policy_document.limit.json }
    Functions = { grants = "The boundary of the functions, which apply has to give them", document = data.aws_iam_policy_document.functions.json }
  }

  roles = {
    plan  = { policies = ["Read"], boundary = "Read" }
    apply = { policies = ["Read", "Write", "Roles"], boundary = "Apply" }
  }
}

resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18:two roles use it; CloudTrail tells who else did
  #checkov:skip=CKV_AWS_144:what the state tells of is in this region
  #checkov:skip=CKV_AWS_145:the state holds names and addresses, no secrets; S3 encrypts it with its own key
  #checkov:skip=CKV2_AWS_62:nobody waits for a new state
  bucket = local.bucket_name
  tags   = local.tags

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z0-9][a-z0-9-]{2,62}$", local.bucket_name))
      error_message = "S3 takes bucket names of up to 63 small letters, digits and -, a letter or digit first, and ${local.bucket_name} has ${length(local.bucket_name)}: change name_prefix."
    }
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.bucket

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.bucket

  rule {
    id     = "old-states-expire"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_state_days
    }

    # Every lock that is given back leaves a delete marker.
    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # Without versioning there are no old versions to speak of.
  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.bucket
  policy = data.aws_iam_policy_document.state_bucket.json
}

data "aws_iam_policy_document" "state_bucket" {
  statement {
    sid       = "OnlyEncryptedTransport"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.state, "${local.state}/*"]

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
}

# Who may take which role is in trust.tf, what that may do in permissions.tf.
resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.name_prefix}InfraEvents${title(each.key)}"
  description          = "Lets GitHub ${each.key} ${var.name_prefix}infra-events"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = aws_iam_policy.this[each.value.boundary].arn
  tags                 = local.tags

  # IAM takes a trust in a provider that is not there, and nobody can take the role.
  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = merge([
    for role, it in local.roles : { for policy in it.policies : "${role}-${policy}" => { role = role, policy = policy } }
  ]...)

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.value.policy].arn
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name_prefix}InfraEvents${each.key}"
  description = each.value.grants
  policy      = each.value.document
  tags        = local.tags

  lifecycle {
    precondition {
      condition     = length(replace(each.value.document, "/\\s/", "")) <= 6144
      error_message = "IAM takes policies of up to 6144 characters, and ${each.key} has ${length(replace(each.value.document, "/\\s/", ""))}: name fewer buses, or shorten name_prefix."
    }
  }
}
