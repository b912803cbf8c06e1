data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  sha256 = filesha256(var.files.compiled)

  # Account and region, because a bucket's name is taken in all accounts and regions at once.
  bucket_name = join("-", [
    "${lower(replace(var.name_prefix, "_", "-"))}routing", data.aws_caller_identity.current.account_id, data.aws_region.current.name,
  ])
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:two functions of ours read it; CloudTrail tells who else did
  #checkov:skip=CKV_AWS_21:an object is named after its content and never overwritten; older routings are in version control
  #checkov:skip=CKV_AWS_144:the functions that read it are in this region, and an apply makes it anew
  #checkov:skip=CKV_AWS_145:it holds names and addresses, no secrets; S3 encrypts it with its own key
  #checkov:skip=CKV2_AWS_61:it holds one object, which a rollout replaces
  #checkov:skip=CKV2_AWS_62:who needs a new routing is told by its environment
  bucket = local.bucket_name

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z0-9][a-z0-9-]{2,62}$", local.bucket_name))
      error_message = "S3 takes bucket names of up to 63 small letters, digits and -, a letter or digit first, and ${local.bucket_name} has ${length(local.bucket_name)}: change name_prefix."
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.bucket

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.bucket
  policy = data.aws_iam_policy_document.bucket.json
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyEncryptedTransport"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

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

resource "aws_s3_object" "this" {
  #checkov:skip=CKV_AWS_186:it holds names and addresses, no secrets; S3 encrypts it with its own key
  bucket       = aws_s3_bucket.this.bucket
  key          = "routing/${local.sha256}.json"
  content      = file(var.files.compiled)
  content_type = "application/json"

  # An object takes ten tags at most, and a deployment may have more.
  override_provider {
    default_tags {
      tags = {}
    }
  }

  # A rollout is whole: the new object comes, then the functions learn its name, then the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

# What a role needs to read the routing. Not this object alone: while a rollout lasts, both are read.
data "aws_iam_policy_document" "read" {
  statement {
    sid       = "ReadTheRouting"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.this.arn}/routing/*"]
  }
}
