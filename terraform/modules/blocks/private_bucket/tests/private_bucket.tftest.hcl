# The real provider on a made-up account, so that policies are really rendered (a mock would make them up) and in a
# partition that a literal "aws" would show up in. What would be created is overridden: nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target = aws_s3_bucket.this
  values = { arn = "arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1" }
}

override_resource {
  target = aws_s3_bucket_public_access_block.this
}

override_resource {
  target = aws_s3_bucket_ownership_controls.this
}

override_resource {
  target = aws_s3_bucket_server_side_encryption_configuration.this
}

override_resource {
  target = aws_s3_bucket_policy.this
}

variables {
  name = "blue-routing-111122223333-us-gov-west-1"
  tags = { environment = "production" }
}

run "the_bucket_is_nobody_elses" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "All four ways to the public must be closed."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs must be off."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The object must be encrypted."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{
      Sid       = "OnlyEncryptedTransport"
      Effect    = "Deny"
      Action    = "s3:*"
      Principal = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
      Resource = [
        "arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1/*",
        "arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1",
      ]
    }]
    error_message = "The bucket's policy must do one thing, refuse plain HTTP: ${aws_s3_bucket_policy.this.policy}"
  }
}

run "others_can_bind_to_it" {
  assert {
    condition     = output.this == { name = "blue-routing-111122223333-us-gov-west-1", arn = "arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1" }
    error_message = jsonencode(output.this)
  }

  assert {
    condition     = aws_s3_bucket.this.tags == tomap({ environment = "production" })
    error_message = "The bootstrap's stack has no default tags."
  }
}

run "a_name_that_is_too_long" {
  command = plan

  variables {
    name = "a-prefix-of-thirty-characters-routing-111122223333-us-gov-west-1"
  }

  expect_failures = [aws_s3_bucket.this]
}

run "a_name_that_no_bucket_may_have" {
  command = plan

  variables {
    name = "-blue-routing-111122223333-us-gov-west-1"
  }

  expect_failures = [aws_s3_bucket.this]
}
