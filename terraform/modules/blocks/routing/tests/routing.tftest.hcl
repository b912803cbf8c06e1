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

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
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

override_resource {
  target = aws_s3_object.this
}

variables {
  name_prefix = "blue-"
  files = {
    compiled = "../../../fixtures/routing/owners.json"
    source   = "../../../fixtures/routing/owners.yaml"
  }
}

run "one_object_holds_the_routing_and_is_named_after_it" {
  assert {
    condition     = aws_s3_object.this.key == "routing/${filesha256("../../../fixtures/routing/owners.json")}.json" && aws_s3_object.this.bucket == "blue-routing-111122223333-us-gov-west-1"
    error_message = aws_s3_object.this.key
  }

  assert {
    condition     = aws_s3_object.this.content == file("../../../fixtures/routing/owners.json")
    error_message = "The object must be the compiled file, byte by byte: the functions compare its hash."
  }

  assert {
    condition     = output.object.bucket == "blue-routing-111122223333-us-gov-west-1" && output.object.sha256 == filesha256("../../../fixtures/routing/owners.json")
    error_message = jsonencode(output.object)
  }
}

run "the_layers_are_told_of_owners_what_concerns_them" {
  assert {
    condition = output.owners == {
      billing  = { queue = false, topic = false, consumers = [] }
      payments = { queue = true, topic = true, consumers = ["444455556666"] }
    }
    error_message = jsonencode(output.owners)
  }
}

run "a_role_may_read_routings_and_no_more" {
  assert {
    condition = jsondecode(output.object.read_policy).Statement == [{
      Sid      = "ReadTheRouting"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1/routing/*"
    }]
    error_message = output.object.read_policy
  }
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

run "a_prefix_is_spelt_as_s3_allows" {
  command = plan

  variables {
    name_prefix = "Blue_"
  }

  assert {
    condition     = local.bucket_name == "blue-routing-111122223333-us-gov-west-1"
    error_message = local.bucket_name
  }
}

run "no_prefix" {
  command = plan

  variables {
    name_prefix = ""
  }

  assert {
    condition     = local.bucket_name == "routing-111122223333-us-gov-west-1"
    error_message = local.bucket_name
  }
}

run "a_prefix_that_makes_the_buckets_name_too_long" {
  command = plan

  variables {
    name_prefix = "a-prefix-of-thirty-characters-"
  }

  expect_failures = [aws_s3_bucket.this]
}

run "a_prefix_that_no_bucket_may_have" {
  command = plan

  variables {
    name_prefix = "_blue"
  }

  expect_failures = [aws_s3_bucket.this]
}

run "nothing_compiled" {
  command = plan

  variables {
    files = { compiled = "../../../fixtures/nowhere/owners.json", source = "../../../fixtures/routing/owners.yaml" }
  }

  expect_failures = [var.files]
}

run "compiled_from_another_routing" {
  command = plan

  variables {
    files = { compiled = "../../../fixtures/routing/owners.json", source = "../../../fixtures/routing/destinations.yaml" }
  }

  expect_failures = [var.files]
}
