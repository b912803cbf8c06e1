# The real provider on a made-up account: it only plans, nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name       = "blue-Example"
  rule       = { name = "blue-Example" }
  topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
}

run "what_is_not_delivered_alarms_and_what_is_lost_does" {
  command = plan

  assert {
    condition     = output.names == ["blue-Example-FailedInvocations", "blue-Example-InvocationsFailedToBeSentToDlq"]
    error_message = jsonencode(output.names)
  }
}

run "a_rule_of_the_default_bus_is_known_by_its_name_alone" {
  command = plan

  assert {
    condition     = local.dimensions == { RuleName = "blue-Example" }
    error_message = jsonencode(local.dimensions)
  }
}

run "a_rule_of_another_bus_is_known_by_both_names" {
  command = plan

  variables {
    name = "blue-CatchAll-Orders"
    rule = { name = "blue-CatchAll", bus = "blue-Orders" }
  }

  assert {
    condition     = local.dimensions == { RuleName = "blue-CatchAll", EventBusName = "blue-Orders" }
    error_message = jsonencode(local.dimensions)
  }

  assert {
    condition     = output.names == ["blue-CatchAll-Orders-FailedInvocations", "blue-CatchAll-Orders-InvocationsFailedToBeSentToDlq"]
    error_message = jsonencode(output.names)
  }
}

run "nobody_to_alarm" {
  command = plan

  variables {
    topic_arns = []
  }

  assert {
    condition     = output.names == []
    error_message = "Without a topic there is nobody to alarm."
  }
}
