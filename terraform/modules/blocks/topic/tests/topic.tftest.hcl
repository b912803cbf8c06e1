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
  target = aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Example" }
}

override_resource {
  target = aws_sns_topic_policy.this
}

variables {
  name        = "Example"
  name_prefix = "blue-"
  key_arn     = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
}

run "encrypted_at_rest_and_on_the_way" {
  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.key_arn
    error_message = "The topic must be encrypted by the given key."
  }

  assert {
    condition = jsondecode(aws_sns_topic_policy.this.policy).Statement == [{
      Sid       = "OnlyEncryptedTransport"
      Effect    = "Deny"
      Action    = "sns:Publish"
      Resource  = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Example"
      Principal = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Without publishers the policy must do one thing, refuse plain HTTP: ${aws_sns_topic_policy.this.policy}"
  }

  assert {
    condition     = output.this == { name = "blue-Example", arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Example" }
    error_message = "Others bind to the topic by its name and ARN."
  }
}

run "a_message_that_not_even_a_dlq_takes_alarms" {
  command = plan

  variables {
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = output.alarms == ["blue-Example-NumberOfNotificationsFailedToRedriveToDlq"]
    error_message = jsonencode(output.alarms)
  }
}

run "no_alarms_without_a_topic" {
  command = plan

  assert {
    condition     = output.alarms == []
    error_message = "Without a topic there is nobody to alarm."
  }
}

run "a_service_publishes_without_a_condition" {
  variables {
    publishers = { services = ["events.amazonaws.com"] }
  }

  assert {
    condition = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "NamedServicesPublish"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Resource  = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Example"
      Principal = { Service = "events.amazonaws.com" }
    }]
    error_message = "EventBridge must be allowed, and no condition may stand in its way: ${aws_sns_topic_policy.this.policy}"
  }
}

run "named_principals_publish" {
  variables {
    publishers = { principals = ["444455556666", "arn:aws-us-gov:iam::777788889999:role/snmp-bridge"] }
  }

  assert {
    condition = toset(one([
      for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement if statement.Sid == "NamedPublishersPublish"
    ]).Principal.AWS) == toset(var.publishers.principals)
    error_message = "Each publisher must be named: ${aws_sns_topic_policy.this.policy}"
  }
}

run "a_role_needs_the_topic_and_its_key" {
  assert {
    condition = { for statement in jsondecode(output.publish_policy).Statement : statement.Sid => [statement.Action, statement.Resource] } == {
      PublishToExample  = ["sns:Publish", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Example"]
      EncryptForExample = [["kms:GenerateDataKey*", "kms:Decrypt"], "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"]
    }
    error_message = "A publishing role needs the topic and its key, and no more: ${output.publish_policy}"
  }
}

run "everybody_is_no_publisher" {
  command = plan

  variables {
    publishers = { principals = ["*"] }
  }

  expect_failures = [var.publishers]
}

run "named_subscribers_subscribe" {
  variables {
    subscribers = ["444455556666", "arn:aws-us-gov:iam::777788889999:role/billing"]
  }

  assert {
    condition = { for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement.Sid => [statement.Action, statement.Resource, toset(statement.Principal.AWS)] if statement.Effect == "Allow" } == {
      NamedSubscribersSubscribe = ["sns:Subscribe", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Example", toset(var.subscribers)]
    }
    error_message = "Each subscriber must be named, and may subscribe and no more: ${aws_sns_topic_policy.this.policy}"
  }
}

run "everybody_is_no_subscriber" {
  command = plan

  variables {
    subscribers = ["*"]
  }

  expect_failures = [var.subscribers]
}
