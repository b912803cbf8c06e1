# The real provider on a made-up account, in a partition that a literal "aws" would show up in. What would be created is
# overridden: nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target = aws_cloudwatch_event_bus.this
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/blue-OrgInfrastructure" }
}

override_resource {
  target = aws_cloudwatch_event_bus_policy.this
}

override_resource {
  target = aws_cloudwatch_event_archive.this
}

override_resource {
  target = aws_cloudwatch_event_rule.catch_all
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-OrgInfrastructure/blue-CatchAll" }
}

override_resource {
  target = aws_cloudwatch_event_target.topic
}

override_resource {
  target = aws_cloudwatch_event_target.log_group
}

override_resource {
  target = aws_cloudwatch_log_group.this
  values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/events/blue-OrgInfrastructure" }
}

variables {
  name        = "OrgInfrastructure"
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  topic_arn   = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents"
  dlq_arn     = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"
}

run "every_event_of_the_account_goes_to_the_topic_and_to_the_log" {
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.catch_all.event_pattern) == { account = ["111122223333"] }
    error_message = aws_cloudwatch_event_rule.catch_all.event_pattern
  }

  assert {
    condition = (
      aws_cloudwatch_event_rule.catch_all.event_bus_name == "blue-OrgInfrastructure"
      && aws_cloudwatch_event_target.topic.event_bus_name == "blue-OrgInfrastructure"
      && aws_cloudwatch_event_target.topic.rule == "blue-CatchAll"
      && aws_cloudwatch_event_target.log_group.event_bus_name == "blue-OrgInfrastructure"
      && aws_cloudwatch_event_target.log_group.rule == "blue-CatchAll"
    )
    error_message = "Rule and targets must be on this bus, not on the default one."
  }

  assert {
    condition = (
      aws_cloudwatch_event_target.topic.arn == var.topic_arn
      && aws_cloudwatch_event_target.log_group.arn == "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/events/blue-OrgInfrastructure"
      && one(aws_cloudwatch_event_target.topic.dead_letter_config).arn == var.dlq_arn
      && one(aws_cloudwatch_event_target.log_group.dead_letter_config).arn == var.dlq_arn
    )
    error_message = "Topic and log group must have every event, and the DLQ what they could not take."
  }
}

run "everything_is_archived_and_logged_for_a_while" {
  assert {
    condition = (
      aws_cloudwatch_event_archive.this.name == "blue-OrgInfrastructure"
      && aws_cloudwatch_event_archive.this.event_source_arn == "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/blue-OrgInfrastructure"
      && aws_cloudwatch_event_archive.this.event_pattern == null
      && aws_cloudwatch_event_archive.this.retention_days == 30
    )
    error_message = "The archive must have every event of this bus for 30 days."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/events/blue-OrgInfrastructure" && aws_cloudwatch_log_group.this.retention_in_days == 7
    error_message = "EventBridge logs to groups under /aws/events/ only; a week is kept."
  }

  assert {
    condition = output.this == {
      name      = "blue-OrgInfrastructure"
      arn       = "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/blue-OrgInfrastructure"
      archive   = "blue-OrgInfrastructure"
      log_group = "/aws/events/blue-OrgInfrastructure"
    }
    error_message = jsonencode(output.this)
  }
}

run "nobody_else_puts_events_unless_named" {
  assert {
    condition     = length(aws_cloudwatch_event_bus_policy.this) == 0
    error_message = "Without accounts the bus is the account's own."
  }
}

run "named_accounts_put_events_that_match" {
  variables {
    settings = { accounts = ["444455556666", "777788889999"], archive_days = 0, log_retention_days = 1 }
  }

  assert {
    condition = { for policy in aws_cloudwatch_event_bus_policy.this : policy.event_bus_name => [for statement in jsondecode(policy.policy).Statement : merge(statement, { Principal = toset(statement.Principal.AWS) })] } == {
      blue-OrgInfrastructure = [{
        Sid       = "NamedAccountsPut"
        Effect    = "Allow"
        Action    = "events:PutEvents"
        Resource  = "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/blue-OrgInfrastructure"
        Principal = toset(["arn:aws-us-gov:iam::444455556666:root", "arn:aws-us-gov:iam::777788889999:root"])
      }]
    }
    error_message = "The accounts named, and no other, must be allowed to put events, by one document: ${jsonencode(aws_cloudwatch_event_bus_policy.this)}"
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.catch_all.event_pattern) == { account = ["111122223333", "444455556666", "777788889999"] }
    error_message = aws_cloudwatch_event_rule.catch_all.event_pattern
  }

  assert {
    condition     = aws_cloudwatch_event_archive.this.retention_days == 0 && aws_cloudwatch_log_group.this.retention_in_days == 1
    error_message = "What is asked for must be kept."
  }
}

run "its_rule_is_watched_beside_those_of_other_buses" {
  command = plan

  variables {
    name             = "aws.partner/example.com/1"
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = output.alarms == ["blue-CatchAll-aws.partner-example.com-1-FailedInvocations", "blue-CatchAll-aws.partner-example.com-1-InvocationsFailedToBeSentToDlq"]
    error_message = jsonencode(output.alarms)
  }
}

run "a_partners_bus_has_the_name_of_its_source" {
  variables {
    name = "aws.partner/example.com/12345/a-source-with-a-long-name"
  }

  assert {
    condition     = aws_cloudwatch_event_bus.this.name == var.name && aws_cloudwatch_event_bus.this.event_source_name == var.name
    error_message = "A partner's bus must be named after its event source, without a prefix."
  }

  assert {
    condition     = length(aws_cloudwatch_event_archive.this.name) == 48 && startswith(aws_cloudwatch_event_archive.this.name, "blue-aws.partner-example.com-12345-a-so-")
    error_message = "An archive's name has 48 characters at most, and no slash: ${aws_cloudwatch_event_archive.this.name}"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/events/blue-aws.partner/example.com/12345/a-source-with-a-long-name"
    error_message = aws_cloudwatch_log_group.this.name
  }
}

run "the_default_bus" {
  command = plan

  variables {
    name = "default"
  }

  expect_failures = [var.name]
}

run "a_name_with_a_slash_that_is_no_partners" {
  command = plan

  variables {
    name = "shop/orders"
  }

  expect_failures = [var.name]
}

run "an_account_that_is_none" {
  command = plan

  variables {
    settings = { accounts = ["12345"] }
  }

  expect_failures = [var.settings]
}

run "accounts_on_a_partners_bus" {
  command = plan

  variables {
    name     = "aws.partner/example.com/12345"
    settings = { accounts = ["444455556666"] }
  }

  expect_failures = [var.settings]
}

run "more_accounts_than_a_pattern_holds" {
  command = plan

  variables {
    settings = { accounts = [for number in range(140) : format("4444%08d", number)] }
  }

  expect_failures = [aws_cloudwatch_event_rule.catch_all]
}
