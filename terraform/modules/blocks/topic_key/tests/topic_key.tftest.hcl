# The real provider on a made-up account, so that policies are really rendered (a mock would make them up) and in a
# partition that a literal "aws" would show up in. It only plans: nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target          = aws_kms_key.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics", key_id = "topics" }
}

variables {
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
}

run "eventbridge_may_use_the_key_without_a_source_condition" {
  command = plan

  assert {
    condition = one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement
      if statement.Principal == { Service = "events.amazonaws.com" } && !can(statement.Condition)
    ]).Action == ["kms:GenerateDataKey*", "kms:Decrypt"]
    error_message = "EventBridge must be able to publish to an encrypted topic: ${aws_kms_key.this.policy}"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key must rotate."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/blue-InfraEventsTopics"
    error_message = "The alias must carry the prefix: ${aws_kms_alias.this.name}"
  }
}

run "the_account_keeps_control_without_a_wildcard" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Principal.AWS if can(statement.Principal.AWS)
    ])) == toset(["arn:aws-us-gov:iam::111122223333:root"])
    error_message = "Only the account itself may administer and use the key: ${aws_kms_key.this.policy}"
  }

  assert {
    condition = contains(one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "AccountAdministersTheKey"
    ]).Action, "kms:PutKeyPolicy")
    error_message = "Without kms:PutKeyPolicy KMS refuses the policy, as nobody could change it."
  }

  assert {
    condition = !anytrue(flatten([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : [for action in flatten([statement.Action]) : endswith(action, ":*")]
    ]))
    error_message = "No statement may allow every action: ${aws_kms_key.this.policy}"
  }
}

run "publishers_elsewhere_may_use_the_key" {
  command = plan

  variables {
    publishers = ["444455556666", "arn:aws-us-gov:iam::777788889999:role/snmp-bridge"]
  }

  assert {
    condition = toset(one([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement if statement.Sid == "NamedPublishersPublishEncrypted"
    ]).Principal.AWS) == toset(var.publishers)
    error_message = "Each publisher must be named: ${aws_kms_key.this.policy}"
  }
}

run "everybody_is_no_publisher" {
  command = plan

  variables {
    publishers = ["*"]
  }

  expect_failures = [var.publishers]
}
