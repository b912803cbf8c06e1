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
  target = module.bucket.aws_s3_bucket.this
  values = { arn = "arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1" }
}

override_resource {
  target = module.bucket.aws_s3_bucket_public_access_block.this
}

override_resource {
  target = module.bucket.aws_s3_bucket_ownership_controls.this
}

override_resource {
  target = module.bucket.aws_s3_bucket_server_side_encryption_configuration.this
}

override_resource {
  target = module.bucket.aws_s3_bucket_policy.this
}

override_resource {
  target = aws_s3_object.rollout
}

variables {
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  files = {
    compiled = "../../../fixtures/routing/owners.json"
    source   = "../../../fixtures/routing/owners.yaml"
  }
}

run "one_object_holds_the_routing_and_is_named_after_it" {
  assert {
    condition     = keys(aws_s3_object.rollout) == [filesha256("../../../fixtures/routing/owners.json")]
    error_message = "The state must name the object by its content, as the bucket does: ${jsonencode(keys(aws_s3_object.rollout))}"
  }

  assert {
    condition     = [for object in aws_s3_object.rollout : [object.bucket, object.key]] == [["blue-routing-111122223333-us-gov-west-1", "routing/${filesha256("../../../fixtures/routing/owners.json")}.json"]]
    error_message = jsonencode(values(aws_s3_object.rollout)[*].key)
  }

  assert {
    condition     = values(aws_s3_object.rollout)[*].content == [file("../../../fixtures/routing/owners.json")]
    error_message = "The object must be the compiled file, byte by byte: the functions compare its hash."
  }

  assert {
    condition     = output.object.bucket == "blue-routing-111122223333-us-gov-west-1" && output.object.sha256 == filesha256("../../../fixtures/routing/owners.json")
    error_message = jsonencode(output.object)
  }
}

run "the_layers_receive_which_owners_have_queues_and_topics" {
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

run "a_prefix_is_spelt_as_s3_allows" {
  command = plan

  variables {
    name_prefix = "Blue_"
  }

  assert {
    condition     = module.names.buckets.routing == "blue-routing-111122223333-us-gov-west-1"
    error_message = module.names.buckets.routing
  }
}

run "no_prefix" {
  command = plan

  variables {
    name_prefix = ""
  }

  assert {
    condition     = module.names.buckets.routing == "routing-111122223333-us-gov-west-1"
    error_message = module.names.buckets.routing
  }
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
