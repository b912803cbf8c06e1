resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:only roles of this account use it; CloudTrail records who else tried
  #checkov:skip=CKV_AWS_21:who keeps old versions (the state) adds versioning; the routing names its objects after their content
  #checkov:skip=CKV_AWS_144:what reads it is in this region
  #checkov:skip=CKV_AWS_145:it holds names and addresses, no secrets; S3 encrypts it with its own key
  #checkov:skip=CKV2_AWS_61:who keeps old versions (the state) adds a lifecycle; the routing is one object
  #checkov:skip=CKV2_AWS_62:nothing waits for a new object
  bucket = var.name
  tags   = var.tags

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z0-9][a-z0-9-]{2,62}$", var.name))
      error_message = "S3 takes bucket names of up to 63 small letters, digits and -, a letter or digit first, and ${var.name} has ${length(var.name)}: change name_prefix."
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
  policy = data.aws_iam_policy_document.this.json
}

data "aws_iam_policy_document" "this" {
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
