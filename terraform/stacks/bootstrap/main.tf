# What an account needs before a repository deploys to it: a bucket for the states, and two roles. A person applies this
# once; neither role can change any of it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  tags = { project = "infra-events", environment = var.github.environment }

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

module "names" {
  source = "../../modules/blocks/names"

  name_prefix = var.name_prefix
  account     = { id = local.account, region = local.region, partition = local.partition }
  buses       = var.buses
  channels    = var.channels
}

module "state" {
  source = "../../modules/blocks/private_bucket"

  name = module.names.buckets.state
  tags = local.tags
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = module.state.this.name

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = module.state.this.name

  rule {
    id     = "old-states-expire"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_state_days
    }

    # Every lock that is released leaves a delete marker.
    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # Only a versioned bucket has old versions.
  depends_on = [aws_s3_bucket_versioning.state]
}

# Who may take which role is in trust.tf, what that may do in permissions.tf.
resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.name_prefix}InfraEvents${title(each.key)}"
  description          = "Lets GitHub ${each.key} ${var.name_prefix}infra-events"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = aws_iam_policy.this[each.value.boundary].arn
  tags                 = local.tags

  # IAM accepts a trust in a provider that does not exist, and then nobody can take the role.
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

moved {
  from = aws_s3_bucket.state
  to   = module.state.aws_s3_bucket.this
}

moved {
  from = aws_s3_bucket_public_access_block.state
  to   = module.state.aws_s3_bucket_public_access_block.this
}

moved {
  from = aws_s3_bucket_ownership_controls.state
  to   = module.state.aws_s3_bucket_ownership_controls.this
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.state
  to   = module.state.aws_s3_bucket_server_side_encryption_configuration.this
}

moved {
  from = aws_s3_bucket_policy.state
  to   = module.state.aws_s3_bucket_policy.this
}
