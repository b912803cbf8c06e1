locals {
  sha256 = filesha256(var.files.compiled)
}

module "names" {
  source = "../names"

  name_prefix = var.name_prefix
  account     = var.account
}

# An object is named after its content and never overwritten; older routings are in version control.
module "bucket" {
  source = "../private_bucket"

  name = module.names.buckets.routing
}

# An instance per digest, and not one whose key changes: after a rollout that failed half-way, the old object would be
# deposed, and the rollback would delete it last, after it had written the same key.
resource "aws_s3_object" "rollout" {
  #checkov:skip=CKV_AWS_186:it holds names and addresses, no secrets; S3 encrypts it with its own key
  for_each = toset([local.sha256])

  bucket       = module.bucket.this.name
  key          = "routing/${each.key}.json"
  content      = file(var.files.compiled)
  content_type = "application/json"

  # An object takes ten tags at most, and a deployment may have more.
  override_provider {
    default_tags {
      tags = {}
    }
  }

  # The new object is there before the functions receive its name, and the old one goes after that.
  lifecycle {
    create_before_destroy = true
  }
}

# A role may read every routing, because during a rollout functions read the old object and the new one.
data "aws_iam_policy_document" "read" {
  statement {
    sid       = "ReadTheRouting"
    actions   = ["s3:GetObject"]
    resources = ["${module.bucket.this.arn}/routing/*"]
  }
}

moved {
  from = aws_s3_bucket.this
  to   = module.bucket.aws_s3_bucket.this
}

moved {
  from = aws_s3_bucket_public_access_block.this
  to   = module.bucket.aws_s3_bucket_public_access_block.this
}

moved {
  from = aws_s3_bucket_ownership_controls.this
  to   = module.bucket.aws_s3_bucket_ownership_controls.this
}

moved {
  from = aws_s3_bucket_server_side_encryption_configuration.this
  to   = module.bucket.aws_s3_bucket_server_side_encryption_configuration.this
}

moved {
  from = aws_s3_bucket_policy.this
  to   = module.bucket.aws_s3_bucket_policy.this
}
