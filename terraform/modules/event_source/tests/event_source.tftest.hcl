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
  target = aws_cloudwatch_event_rule.this["AwsServiceEvents-ec2"]
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents-ec2" }
}

override_resource {
  target = aws_cloudwatch_event_rule.this["AwsServiceEvents-ec2-2"]
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents-ec2-2" }
}

override_resource {
  target = aws_cloudwatch_event_rule.this["AwsServiceEvents-ec2-reads"]
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents-ec2-reads" }
}

override_resource {
  target = aws_cloudwatch_event_rule.this["AwsServiceEvents-rds"]
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents-rds" }
}

override_resource {
  target = aws_cloudwatch_event_target.this
}

override_resource {
  target = module.rule_dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ", url = "https://sqs.example/blue-AwsServiceEventsRuleDLQ" }
}

override_resource {
  target = module.topic.aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents" }
}

override_resource {
  target = module.topic.aws_sns_topic_policy.this
}

override_resource {
  target = module.rule_dlq_alarm.aws_cloudwatch_metric_alarm.this
}

override_resource {
  target = module.queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEvents" }
}

override_resource {
  target = module.queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsDLQ" }
}

override_resource {
  target = module.queue.module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsSubscriptionDLQ" }
}

override_resource {
  target = module.queue.aws_sns_topic_subscription.this
}

# The folder tests/ has a catalogue, whose events exist in part.
variables {
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  services    = ["ec2", "rds"]
  catalogue = {
    compiled = "tests/catalogue.json"
    source   = "tests/catalogue"
  }
  topic_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  consumer      = { function = "AwsServiceEventHandler", timeout_seconds = 5, window_seconds = 0 }
}

run "a_service_has_the_rules_of_the_catalogue" {
  assert {
    condition = { for name, rule in aws_cloudwatch_event_rule.this : name => [rule.name, rule.event_pattern] } == {
      for name, rule in merge(jsondecode(file("tests/catalogue.json")).rules.ec2, jsondecode(file("tests/catalogue.json")).rules.rds) :
      name => ["blue-${name}", rule.pattern]
    }
    error_message = jsonencode({ for name, rule in aws_cloudwatch_event_rule.this : name => [rule.name, rule.event_pattern] })
  }

  assert {
    condition     = alltrue([for rule in aws_cloudwatch_event_rule.this : contains(["default", ""], coalesce(rule.event_bus_name, "default"))])
    error_message = "AWS services put their events on the default bus."
  }

  assert {
    condition = { for name, rule in aws_cloudwatch_event_rule.this : name => rule.state } == {
      "AwsServiceEvents-ec2"       = "ENABLED"
      "AwsServiceEvents-ec2-2"     = "ENABLED"
      "AwsServiceEvents-ec2-reads" = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
      "AwsServiceEvents-rds"       = "ENABLED"
    }
    error_message = "A rule has the state that the catalogue gives it: ${jsonencode({ for name, rule in aws_cloudwatch_event_rule.this : name => rule.state })}"
  }
}

run "each_rule_leads_to_the_topic_or_to_a_dlq" {
  assert {
    condition = { for name, target in aws_cloudwatch_event_target.this : name => [target.rule, target.arn] } == {
      for name in ["AwsServiceEvents-ec2", "AwsServiceEvents-ec2-2", "AwsServiceEvents-ec2-reads", "AwsServiceEvents-rds"] :
      name => ["blue-${name}", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents"]
    }
    error_message = "Each rule's target must be the topic."
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.this : one(target.dead_letter_config).arn == "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"])
    error_message = "What a rule can't deliver must go to the rules' DLQ."
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.this : target.role_arn == null])
    error_message = "SNS targets take no role: the topic's policy lets EventBridge in."
  }

  assert {
    condition = [for statement in jsondecode(module.topic.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "NamedServicesPublish"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Resource  = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents"
      Principal = { Service = "events.amazonaws.com" }
    }]
    error_message = "EventBridge, unconditionally, and nobody else publishes here: ${module.topic.policy}"
  }
}

run "the_rules_dlq_takes_from_these_rules_only" {
  assert {
    condition = [for statement in jsondecode(module.rule_dlq.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "OneSourceSends"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { ArnLike = { "aws:SourceArn" = [
        for rule in ["blue-AwsServiceEvents-*", "blue-Schedule-*", "blue-Heartbeat"] : "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/${rule}"
      ] } }
    }]
    error_message = module.rule_dlq.policy
  }

  assert {
    condition     = output.queues.AwsServiceEventsRuleDLQ.retention_days == 14
    error_message = "The rules' DLQ must keep fourteen days."
  }
}

run "others_can_bind_to_everything" {
  assert {
    condition     = output.topics == { AwsServiceEvents = { name = "blue-AwsServiceEvents", arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents" } }
    error_message = jsonencode(output.topics)
  }

  assert {
    condition = { for name, queue in output.queues : name => queue.name } == {
      for name in ["AwsServiceEvents", "AwsServiceEventsDLQ", "AwsServiceEventsRuleDLQ", "AwsServiceEventsSubscriptionDLQ"] : name => "blue-${name}"
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition = output.rules == {
      for name in ["AwsServiceEvents-ec2", "AwsServiceEvents-ec2-2", "AwsServiceEvents-ec2-reads", "AwsServiceEvents-rds"] :
      name => { name = "blue-${name}", arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-${name}" }
    }
    error_message = jsonencode(output.rules)
  }

  assert {
    condition     = output.queue.visibility_timeout_seconds == 30
    error_message = "6 × 5 s must be 30 s."
  }
}

run "buses_and_schedules_lead_to_the_same_topic" {
  command = plan

  variables {
    buses     = { OrgInfrastructure = {}, "aws.partner/example.com/1" = { archive_days = 1 } }
    schedules = { weekly = { schedule = "rate(7 days)", detail = { task = "rotate", name = "another name" } } }
  }

  assert {
    condition     = keys(module.bus) == ["OrgInfrastructure", "aws.partner/example.com/1"] && keys(module.schedule) == ["weekly"]
    error_message = "Each bus and each schedule must be there."
  }

  assert {
    condition     = module.schedule["weekly"].rule.name == "blue-Schedule-weekly" && module.bus["OrgInfrastructure"].rule.name == "blue-CatchAll"
    error_message = "Rules must have the names from which the DLQ takes."
  }

  assert {
    condition     = length(setsubtract(["OrgInfrastructure/CatchAll", "Schedule-weekly", "aws.partner/example.com/1/CatchAll"], keys(output.rules))) == 0
    error_message = jsonencode(keys(output.rules))
  }

  assert {
    condition = toset(one([
      for statement in jsondecode(module.rule_dlq.policy).Statement : statement if statement.Effect == "Allow"
      ]).Condition.ArnLike["aws:SourceArn"]) == toset([
      for rule in [
        "blue-AwsServiceEvents-*", "blue-Schedule-*", "blue-Heartbeat", "blue-OrgInfrastructure/blue-CatchAll", "aws.partner/example.com/1/blue-CatchAll",
      ] : "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/${rule}"
    ])
    error_message = "What a bus could not deliver must go to the rules' DLQ too: ${module.rule_dlq.policy}"
  }

  assert {
    condition     = jsondecode(module.rule_dlq.redrive_allow_policy) == { redrivePermission = "denyAll" }
    error_message = "Rules send there, and no queue: ${module.rule_dlq.redrive_allow_policy}"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_log_resource_policy.buses[0].policy_document).Statement == [{
      Sid       = "EventBridgeLogsEvents"
      Effect    = "Allow"
      Action    = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
      Resource = [
        "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/events/blue-aws.partner/example.com/1:*",
        "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/events/blue-OrgInfrastructure:*",
      ]
    }]
    error_message = "EventBridge must be allowed to write to these log groups, and to no other: ${aws_cloudwatch_log_resource_policy.buses[0].policy_document}"
  }

  assert {
    condition     = aws_cloudwatch_log_resource_policy.buses[0].policy_name == "blue-InfraEventsBuses"
    error_message = "A second deployment must have another policy."
  }
}

run "no_buses_no_log_policy" {
  assert {
    condition     = length(aws_cloudwatch_log_resource_policy.buses) == 0 && output.buses == {}
    error_message = "Without buses there is nothing to log."
  }
}

run "no_alarms_without_a_topic" {
  assert {
    condition     = length(module.rule_dlq_alarm) == 0
    error_message = "Without a topic there is nobody to alarm."
  }
}

run "alarms_with_a_topic" {
  command = plan

  variables {
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
    buses            = { OrgInfrastructure = {} }
    schedules        = { weekly = { schedule = "rate(7 days)" } }
  }

  assert {
    condition     = length(module.rule_dlq_alarm) == 1
    error_message = "The depth of the rule's DLQ must be watched."
  }

  assert {
    condition     = flatten(values(module.rule_alarms)[*].names) == flatten([for rule in keys(local.rules) : ["blue-${rule}-FailedInvocations", "blue-${rule}-InvocationsFailedToBeSentToDlq"]])
    error_message = "Each rule must be watched: ${jsonencode(flatten(values(module.rule_alarms)[*].names))}"
  }

  assert {
    condition     = [module.bus["OrgInfrastructure"].alarms, module.schedule["weekly"].alarms] == [["blue-CatchAll-OrgInfrastructure-FailedInvocations", "blue-CatchAll-OrgInfrastructure-InvocationsFailedToBeSentToDlq"], ["blue-Schedule-weekly-FailedInvocations", "blue-Schedule-weekly-InvocationsFailedToBeSentToDlq"]]
    error_message = "The rules of buses and schedules must be watched, too."
  }

  assert {
    condition     = module.topic.alarms == ["blue-AwsServiceEvents-NumberOfNotificationsFailedToRedriveToDlq"]
    error_message = "The topic must be watched."
  }
}

run "no_service_at_all" {
  command = plan

  variables {
    services = []
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.this) == 0
    error_message = "Events of foreign producers only: there are no rules then."
  }
}

run "a_service_that_the_catalogue_does_not_know" {
  command = plan

  variables {
    services = ["ec2", "mainframe"]
  }

  expect_failures = [var.services]
}

run "a_service_whose_events_come_up_here_alone" {
  command = plan

  variables {
    services = ["elsewhere", "partly"]
    account  = { id = "111122223333", region = "us-east-1", partition = "aws" }
  }

  assert {
    condition     = keys(aws_cloudwatch_event_rule.this) == ["AwsServiceEvents-elsewhere", "AwsServiceEvents-partly"]
    error_message = jsonencode(keys(aws_cloudwatch_event_rule.this))
  }

  assert {
    condition     = output.services.elsewhere.regions == ["us-east-1", "us-gov-east-1"] && keys(output.services.partly.elsewhere) == ["infra.aws.partly.root.changed"]
    error_message = jsonencode(output.services)
  }
}

run "a_service_whose_events_never_come_up_here" {
  command = plan

  variables {
    services = ["ec2", "elsewhere"]
  }

  expect_failures = [var.services]
}

run "a_service_that_reports_elsewhere_in_part" {
  command = plan

  variables {
    services = ["partly"]
  }

  assert {
    condition     = keys(aws_cloudwatch_event_rule.this) == ["AwsServiceEvents-partly"]
    error_message = "Some of its events come up here."
  }
}

run "nothing_compiled" {
  command = plan

  variables {
    catalogue = { compiled = "tests/nowhere/catalogue.json", source = "tests/catalogue" }
  }

  expect_failures = [var.catalogue]
}

run "compiled_from_another_catalogue" {
  command = plan

  variables {
    catalogue = { compiled = "tests/catalogue.json", source = "tests" }
  }

  expect_failures = [var.catalogue]
}

run "a_pattern_that_is_too_long" {
  command = plan

  variables {
    services = ["wordy"]
  }

  expect_failures = [aws_cloudwatch_event_rule.this["AwsServiceEvents-wordy"]]
}

run "a_prefix_that_makes_a_rules_name_too_long" {
  command = plan

  variables {
    name_prefix = "a-prefix-of-thirty-characters-"
    services    = ["elasticloadbalancing"]
  }

  expect_failures = [aws_cloudwatch_event_rule.this["AwsServiceEvents-elasticloadbalancing"]]
}
