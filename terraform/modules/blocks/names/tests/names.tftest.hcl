variables {
  name_prefix = "Blue_"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  buses       = ["Orders", "aws.partner/example.com/12345/a-source-with-a-long-name"]
  channels    = ["email"]
}

run "every_name_has_the_prefix" {
  command = plan

  assert {
    condition = alltrue([
      for name in concat(output.families, output.rules, output.alarms, [output.heartbeat, output.functions_boundary]) : startswith(name, "Blue_")
    ]) && output.key_alias == "alias/Blue_InfraEventsTopics"
    error_message = "Two deployments must fit in one account."
  }
}

run "a_bucket_is_spelt_as_s3_allows" {
  command = plan

  assert {
    condition = output.buckets == {
      routing = "blue-routing-111122223333-us-gov-west-1"
      state   = "blue-tfstate-111122223333-us-gov-west-1"
    }
    error_message = jsonencode(output.buckets)
  }
}

run "a_bus_of_the_account_has_the_prefix" {
  command = plan

  assert {
    condition = output.buses["Orders"] == {
      name      = "Blue_Orders"
      rule      = "Blue_Orders/Blue_CatchAll"
      archive   = "Blue_Orders"
      log_group = "/aws/events/Blue_Orders"
    }
    error_message = jsonencode(output.buses)
  }
}

run "a_partners_bus_has_the_name_of_its_source" {
  command = plan

  assert {
    condition = output.buses["aws.partner/example.com/12345/a-source-with-a-long-name"] == {
      name      = "aws.partner/example.com/12345/a-source-with-a-long-name"
      rule      = "aws.partner/example.com/12345/a-source-with-a-long-name/Blue_CatchAll"
      archive   = "Blue_aws.partner-example.com-12345-a-so-${substr(sha256("Blue_aws.partner-example.com-12345-a-source-with-a-long-name"), 0, 8)}"
      log_group = "/aws/events/Blue_aws.partner/example.com/12345/a-source-with-a-long-name"
    }
    error_message = jsonencode(output.buses)
  }
}

run "a_channel_has_a_function_and_two_queues" {
  command = plan

  assert {
    condition = output.channels == { email = {
      function     = "EmailNotificationSender"
      queue        = "OrgResourceEventsNotificationEmail"
      urgent_queue = "OrgResourceEventsNotificationEmailUrgent"
    } }
    error_message = jsonencode(output.channels)
  }
}

run "alarms_begin_with_what_they_watch" {
  command = plan

  assert {
    condition     = output.alarms == [for name in ["AwsServiceEvent", "OrgResource", "Schedule-", "CatchAll-", "Heartbeat", "EmailNotificationSender"] : "Blue_${name}*"]
    error_message = jsonencode(output.alarms)
  }
}

run "a_channel_that_no_name_can_have" {
  command = plan

  variables {
    channels = ["e-mail"]
  }

  expect_failures = [var.channels]
}

run "an_account_and_a_role_are_principals_and_everybody_is_none" {
  command = plan

  assert {
    condition = [for principal in ["444455556666", "arn:aws-us-gov:iam::444455556666:root", "arn:aws:iam::444455556666:role/a/role", "*", "44445555666", "arn:aws:iam::444455556666:user/anna"] :
      can(regex(output.principal, principal))
    ] == [true, true, true, false, false, false]
    error_message = output.principal
  }
}
