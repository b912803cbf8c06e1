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
  target = module.rule_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = aws_cloudwatch_event_rule.this
  values = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents" }
}

override_resource {
  target = aws_cloudwatch_event_target.this
}

override_resource {
  target = aws_sqs_queue.rule_dlq
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
  target = module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEvents" }
}

override_resource {
  target = module.queue.aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsDLQ" }
}

override_resource {
  target = module.queue.aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsSubscriptionDLQ" }
}

override_resource {
  target = module.queue.aws_sns_topic_subscription.this
}

override_data {
  target = module.queue.module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.queue.module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.queue.module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

variables {
  name_prefix   = "blue-"
  topic_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  consumer      = { timeout_seconds = 5, window_seconds = 0 }
}

run "catches_every_state_change_real_or_drill" {
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == {
      source      = ["aws.ec2", "drill.aws.ec2"]
      detail-type = ["EC2 Instance State-change Notification"]
      detail      = { state = ["pending", "running", "stopping", "stopped", "shutting-down", "terminated"] }
    }
    error_message = "The rule must match all six states from both sources: ${aws_cloudwatch_event_rule.this.event_pattern}"
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.this.event_pattern) <= 2048
    error_message = "EventBridge takes patterns of up to 2048 characters."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.event_bus_name == null || aws_cloudwatch_event_rule.this.event_bus_name == "default"
    error_message = "AWS services put their events on the default bus."
  }
}

run "leads_to_the_topic_or_to_a_dlq" {
  assert {
    condition     = aws_cloudwatch_event_target.this.rule == "blue-AwsServiceEvents" && aws_cloudwatch_event_target.this.arn == "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-AwsServiceEvents"
    error_message = "The rule's target must be the topic."
  }

  assert {
    condition     = one(aws_cloudwatch_event_target.this.dead_letter_config).arn == "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"
    error_message = "What the rule can't deliver must go to its DLQ."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this.role_arn == null
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

run "the_rules_dlq_takes_from_the_rule_only" {
  assert {
    condition = [for statement in jsondecode(aws_sqs_queue.rule_dlq.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "OneSourceSends"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsRuleDLQ"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents" } }
    }]
    error_message = aws_sqs_queue.rule_dlq.policy
  }

  assert {
    condition     = aws_sqs_queue.rule_dlq.sqs_managed_sse_enabled && aws_sqs_queue.rule_dlq.message_retention_seconds == 14 * 86400
    error_message = "The rule's DLQ must be encrypted and keep fourteen days."
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
    condition     = output.rule == { name = "blue-AwsServiceEvents", arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-AwsServiceEvents" }
    error_message = jsonencode(output.rule)
  }

  assert {
    condition     = output.queue.visibility_timeout_seconds == 30
    error_message = "6 × 5 s must be 30 s."
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
  }

  assert {
    condition     = length(module.rule_dlq_alarm) == 1
    error_message = "The depth of the rule's DLQ must be watched."
  }
}
