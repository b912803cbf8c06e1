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
  target = module.topic["1"].aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEvents" }
}

override_resource {
  target = module.machine_queue["1"].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEvents" }
}

override_resource {
  target = module.machine_queue["1"].aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsDLQ" }
}

override_resource {
  target = module.machine_queue["1"].aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsSubscriptionDLQ" }
}

override_resource {
  target = module.messaging_queue["1"].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessaging" }
}

override_resource {
  target = module.messaging_queue["1"].aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingDLQ" }
}

override_resource {
  target = module.messaging_queue["1"].aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingSubscriptionDLQ" }
}

override_resource {
  target = module.topic["2"].aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2" }
}

override_resource {
  target = module.machine_queue["2"].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2" }
}

override_resource {
  target = module.machine_queue["2"].aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2DLQ" }
}

override_resource {
  target = module.machine_queue["2"].aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2SubscriptionDLQ" }
}

override_resource {
  target = module.messaging_queue["2"].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingV2" }
}

override_resource {
  target = module.messaging_queue["2"].aws_sqs_queue.dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingV2DLQ" }
}

override_resource {
  target = module.messaging_queue["2"].aws_sqs_queue.subscription_dlq
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingV2SubscriptionDLQ" }
}

override_resource {
  target = module.topic["1"].aws_sns_topic_policy.this
}

override_resource {
  target = module.machine_queue["1"].aws_sns_topic_subscription.this
}

override_data {
  target = module.machine_queue["1"].module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.machine_queue["1"].module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.machine_queue["1"].module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = module.messaging_queue["1"].aws_sns_topic_subscription.this
}

override_data {
  target = module.messaging_queue["1"].module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.messaging_queue["1"].module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.messaging_queue["1"].module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = module.topic["2"].aws_sns_topic_policy.this
}

override_resource {
  target = module.machine_queue["2"].aws_sns_topic_subscription.this
}

override_data {
  target = module.machine_queue["2"].module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.machine_queue["2"].module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.machine_queue["2"].module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = module.messaging_queue["2"].aws_sns_topic_subscription.this
}

override_data {
  target = module.messaging_queue["2"].module.queue_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.messaging_queue["2"].module.dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = module.messaging_queue["2"].module.subscription_dlq_policy.data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

variables {
  name_prefix      = "blue-"
  message_versions = ["1", "2"]
  topic_key_arn    = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  consumer         = { timeout_seconds = 5, window_seconds = 1 }
}

run "machines_and_people_each_have_a_queue_in_every_version" {
  assert {
    condition = { for name, queue in output.queues : name => queue.name } == {
      for name in [
        "OrgResourceEvents", "OrgResourceEventsDLQ", "OrgResourceEventsSubscriptionDLQ",
        "OrgResourceEventsMessaging", "OrgResourceEventsMessagingDLQ", "OrgResourceEventsMessagingSubscriptionDLQ",
        "OrgResourceEventsV2", "OrgResourceEventsV2DLQ", "OrgResourceEventsV2SubscriptionDLQ",
        "OrgResourceEventsMessagingV2", "OrgResourceEventsMessagingV2DLQ", "OrgResourceEventsMessagingV2SubscriptionDLQ",
      ] : name => "blue-${name}"
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition     = alltrue([for version in var.message_versions : module.machine_queue[version].retention_days == 14 && module.messaging_queue[version].retention_days == 4])
    error_message = "The machine queues build up for fourteen days; the messaging queues keep what the sent record outlives, read or not."
  }

  assert {
    condition     = alltrue([for version in var.message_versions : module.machine_queue[version].filter_policy == null && module.messaging_queue[version].filter_policy == null])
    error_message = "All queues receive everything."
  }
}

run "each_versions_queues_take_from_its_own_topic" {
  assert {
    condition = alltrue(flatten([
      for version in var.message_versions : [
        for queue in [module.machine_queue[version], module.messaging_queue[version]] : queue.topic_arn == module.topic[version].topic.arn
      ]
    ]))
    error_message = "A version's messages must stay among themselves."
  }
}

run "the_notifier_reads_the_highest_version" {
  assert {
    condition     = output.messaging_queue.arn == output.queues.OrgResourceEventsMessagingV2.arn && output.messaging_queue.dlq.arn == output.queues.OrgResourceEventsMessagingV2DLQ.arn
    error_message = "The notifier empties the messaging queue of version 2: ${jsonencode(output.messaging_queue)}"
  }

  assert {
    condition     = output.messaging_queue.visibility_timeout_seconds == 31
    error_message = "It hides a message for 6 × 5 s + 1 s: ${jsonencode(output.messaging_queue)}"
  }
}

run "or_the_version_it_is_told_to" {
  variables {
    sender_version = "1"
  }

  assert {
    condition     = output.messaging_queue.arn == output.queues.OrgResourceEventsMessaging.arn && output.messaging_queue.visibility_timeout_seconds == 31
    error_message = "The notifier empties the messaging queue of version 1: ${jsonencode(output.messaging_queue)}"
  }
}

run "others_can_bind_to_the_topics" {
  assert {
    condition = output.topics == {
      for name in ["OrgResourceEvents", "OrgResourceEventsV2"] : name => { name = "blue-${name}", arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-${name}" }
    }
    error_message = jsonencode(output.topics)
  }

  assert {
    condition = output.standard_topics == {
      "1" = { arn = output.topics.OrgResourceEvents.arn, publish_policy = module.topic["1"].publish_policy }
      "2" = { arn = output.topics.OrgResourceEventsV2.arn, publish_policy = module.topic["2"].publish_policy }
    }
    error_message = jsonencode(output.standard_topics)
  }
}

run "nobody_else_publishes_unless_named" {
  assert {
    condition     = alltrue([for topic in module.topic : jsondecode(topic.policy).Statement[*].Effect == ["Deny"]])
    error_message = jsonencode(values(module.topic)[*].policy)
  }
}

run "a_named_publisher_publishes_every_version" {
  variables {
    publishers = ["arn:aws-us-gov:iam::777788889999:role/other-cloud"]
  }

  assert {
    condition = alltrue([
      for topic in module.topic :
      [for statement in jsondecode(topic.policy).Statement : statement.Principal if statement.Effect == "Allow"] == [{ AWS = "arn:aws-us-gov:iam::777788889999:role/other-cloud" }]
    ])
    error_message = jsonencode(values(module.topic)[*].policy)
  }
}

run "only_the_queue_that_is_read_alarms_by_its_age" {
  command = plan

  variables {
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = { for version, queue in module.messaging_queue : version => queue.age_alarm } == { "1" = false, "2" = true }
    error_message = "Nobody empties version 1's messaging queue."
  }
}

run "one_version_only" {
  command = plan

  variables {
    message_versions = ["1"]
  }

  assert {
    condition     = keys(output.topics) == ["OrgResourceEvents"] && length(output.queues) == 6
    error_message = jsonencode(keys(output.queues))
  }
}

run "the_other_version_only" {
  command = plan

  variables {
    message_versions = ["2"]
  }

  assert {
    condition     = keys(output.topics) == ["OrgResourceEventsV2"] && alltrue([for name in keys(output.queues) : strcontains(name, "V2")])
    error_message = jsonencode(keys(output.queues))
  }
}

run "no_version" {
  command = plan

  variables {
    message_versions = []
  }

  expect_failures = [var.message_versions]
}

run "a_version_that_does_not_exist" {
  command = plan

  variables {
    message_versions = ["1", "3"]
  }

  expect_failures = [var.message_versions]
}

run "a_version_twice" {
  command = plan

  variables {
    message_versions = ["2", "2"]
  }

  expect_failures = [var.message_versions]
}

run "a_sender_of_a_version_that_is_not_published" {
  command = plan

  variables {
    message_versions = ["2"]
    sender_version   = "1"
  }

  expect_failures = [var.sender_version]
}
