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
  target = module.topic.aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEvents" }
}

override_resource {
  target = module.topic.aws_sns_topic_policy.this
}

override_resource {
  target = module.machine_queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEvents" }
}

override_resource {
  target = module.machine_queue.aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsDLQ" }
}

override_resource {
  target = module.machine_queue.aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsSubscriptionDLQ" }
}

override_resource {
  target = module.machine_queue.aws_sns_topic_subscription.this
}

override_data {
  target = module.machine_queue.module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.machine_queue.module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.machine_queue.module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = module.messaging_queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessaging" }
}

override_resource {
  target = module.messaging_queue.aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingDLQ" }
}

override_resource {
  target = module.messaging_queue.aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingSubscriptionDLQ" }
}

override_resource {
  target = module.messaging_queue.aws_sns_topic_subscription.this
}

override_data {
  target = module.messaging_queue.module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.messaging_queue.module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.messaging_queue.module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

variables {
  name_prefix   = "blue-"
  topic_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  consumer      = { timeout_seconds = 5, window_seconds = 1 }
}

run "machines_and_people_each_have_a_queue" {
  assert {
    condition = { for name, queue in output.queues : name => queue.name } == {
      for name in [
        "OrgResourceEvents", "OrgResourceEventsDLQ", "OrgResourceEventsSubscriptionDLQ",
        "OrgResourceEventsMessaging", "OrgResourceEventsMessagingDLQ", "OrgResourceEventsMessagingSubscriptionDLQ",
      ] : name => "blue-${name}"
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition     = output.messaging_queue.arn == output.queues.OrgResourceEventsMessaging.arn && output.messaging_queue.visibility_timeout_seconds == 31
    error_message = "The notifier empties the messaging queue, which hides a message for 6 × 5 s + 1 s: ${jsonencode(output.messaging_queue)}"
  }

  assert {
    condition     = module.machine_queue.retention_days == 14 && module.messaging_queue.retention_days == 4
    error_message = "The machine queue builds up for fourteen days; the messaging queue has a worker."
  }

  assert {
    condition     = module.machine_queue.filter_policy == null && module.messaging_queue.filter_policy == null
    error_message = "Both queues receive everything."
  }
}

run "others_can_bind_to_the_topic" {
  assert {
    condition     = output.topics == { OrgResourceEvents = { name = "blue-OrgResourceEvents", arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEvents" } }
    error_message = jsonencode(output.topics)
  }

  assert {
    condition     = output.topic == { arn = output.topics.OrgResourceEvents.arn, publish_policy = module.topic.publish_policy }
    error_message = jsonencode(output.topic)
  }
}

run "nobody_else_publishes_unless_named" {
  assert {
    condition     = [for statement in jsondecode(module.topic.policy).Statement : statement.Effect] == ["Deny"]
    error_message = module.topic.policy
  }
}

run "a_named_publisher_publishes" {
  variables {
    publishers = ["arn:aws-us-gov:iam::777788889999:role/other-cloud"]
  }

  assert {
    condition = one([
      for statement in jsondecode(module.topic.policy).Statement : statement if statement.Effect == "Allow"
    ]).Principal == { AWS = "arn:aws-us-gov:iam::777788889999:role/other-cloud" }
    error_message = module.topic.policy
  }
}
