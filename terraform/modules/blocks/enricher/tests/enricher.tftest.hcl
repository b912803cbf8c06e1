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
  target = aws_dynamodb_table.tags
  values = { arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-OrgResourceTags" }
}

variables {
  name_prefix = "blue-"
}

run "the_table_answers_by_arn_and_forgets" {
  assert {
    condition     = aws_dynamodb_table.tags.hash_key == "arn" && one(aws_dynamodb_table.tags.attribute) == { name = "arn", type = "S" }
    error_message = "Tags are looked up by their resource's ARN."
  }

  assert {
    condition     = one(aws_dynamodb_table.tags.ttl).attribute_name == "expiration" && one(aws_dynamodb_table.tags.ttl).enabled
    error_message = "The tags of what is long gone must go too."
  }

  assert {
    condition     = aws_dynamodb_table.tags.billing_mode == "PAY_PER_REQUEST"
    error_message = "Whoever has few events pays for few."
  }
}

run "others_can_bind_to_the_table" {
  assert {
    condition     = output.table == { name = "blue-OrgResourceTags", arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-OrgResourceTags" } && output.table_name == "blue-OrgResourceTags"
    error_message = jsonencode(output.table)
  }
}

run "a_role_may_read_tags_and_keep_them_and_no_more" {
  assert {
    condition = { for statement in jsondecode(output.policy).Statement : statement.Sid => [statement.Effect, statement.Action, statement.Resource] } == {
      ReadTagsOfEC2               = ["Allow", "ec2:DescribeTags", "*"]
      ReadTagsOfAllOthers         = ["Allow", "tag:GetResources", "*"]
      ReadTagsOfAutoScalingGroups = ["Allow", "autoscaling:DescribeTags", "*"]
      ReadTagsOfRolesAndUsers     = ["Allow", ["iam:ListUserTags", "iam:ListRoleTags"], "*"]
      KeepTags = [
        "Allow", ["dynamodb:BatchWriteItem", "dynamodb:BatchGetItem"], "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-OrgResourceTags",
      ]
    }
    error_message = output.policy
  }
}
