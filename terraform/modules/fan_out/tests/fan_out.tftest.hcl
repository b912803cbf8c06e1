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
  target = module.machine_queue["1"].module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEvents" }
}

override_resource {
  target = module.machine_queue["1"].module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsDLQ" }
}

override_resource {
  target = module.machine_queue["1"].module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsSubscriptionDLQ" }
}

override_resource {
  target = module.messaging_queue["1"].module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessaging" }
}

override_resource {
  target = module.messaging_queue["1"].module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingDLQ" }
}

override_resource {
  target = module.messaging_queue["1"].module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingSubscriptionDLQ" }
}

override_resource {
  target = module.topic["2"].aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2" }
}

override_resource {
  target = module.machine_queue["2"].module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2" }
}

override_resource {
  target = module.machine_queue["2"].module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2DLQ" }
}

override_resource {
  target = module.machine_queue["2"].module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2SubscriptionDLQ" }
}

override_resource {
  target = module.messaging_queue["2"].module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingV2" }
}

override_resource {
  target = module.messaging_queue["2"].module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingV2DLQ" }
}

override_resource {
  target = module.messaging_queue["2"].module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingV2SubscriptionDLQ" }
}

override_resource {
  target = module.topic["1"].aws_sns_topic_policy.this
}

override_resource {
  target = module.machine_queue["1"].aws_sns_topic_subscription.this
}

override_resource {
  target = module.messaging_queue["1"].aws_sns_topic_subscription.this
}

override_resource {
  target = module.topic["2"].aws_sns_topic_policy.this
}

override_resource {
  target = module.machine_queue["2"].aws_sns_topic_subscription.this
}

override_resource {
  target = module.messaging_queue["2"].aws_sns_topic_subscription.this
}

override_resource {
  target = module.owner_topic["payments"].aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2-payments" }
}

override_resource {
  target = module.owner_topic["payments"].aws_sns_topic_policy.this
}

override_resource {
  target = module.owner_queue["billing"].module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2-billing" }
}

override_resource {
  target = module.owner_queue["billing"].module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2-billingDLQ" }
}

override_resource {
  target = module.owner_queue["billing"].module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsV2-billingSubscriptionDLQ" }
}

override_resource {
  target = module.owner_queue["billing"].aws_sns_topic_subscription.this
}

variables {
  name_prefix      = "blue-"
  account          = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  message_versions = ["1", "2"]
  topic_key_arn    = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  consumer         = { function = "OrgResourceEventNotificationSender", timeout_seconds = 5, window_seconds = 1 }
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
    condition = alltrue([
      for name, queue in output.queues : queue.retention_days == (contains(["OrgResourceEventsMessaging", "OrgResourceEventsMessagingV2"], name) ? 4 : 14)
    ])
    error_message = "The machine queues build up for fourteen days; the messaging queues keep what the sent record outlives, read or not."
  }

  assert {
    condition     = alltrue([for queue in output.queues : queue.filter_policy == null])
    error_message = "All queues receive everything."
  }
}

run "each_versions_queues_take_from_its_own_topic" {
  assert {
    condition = alltrue(flatten([
      for version in var.message_versions : [
        for queue in [module.machine_queue[version], module.messaging_queue[version]] : queue.topic_arn == module.topic[version].this.arn
      ]
    ]))
    error_message = "A version's messages must stay among themselves."
  }
}

run "the_notifier_reads_the_highest_version" {
  assert {
    condition     = { for name, queue in output.queues : name => queue.worker if queue.worker != null } == { OrgResourceEventsMessagingV2 = "OrgResourceEventNotificationSender" }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition     = output.messaging_queue.arn == output.queues.OrgResourceEventsMessagingV2.arn && output.messaging_queue.dlq.arn == output.queues.OrgResourceEventsMessagingV2DLQ.arn
    error_message = "The notifier empties the messaging queue of version 2: ${jsonencode(output.messaging_queue)}"
  }

  assert {
    condition     = output.messaging_queue.visibility_timeout_seconds == 31
    error_message = "It hides a message for 6 × 5 s + 1 s: ${jsonencode(output.messaging_queue)}"
  }
}

run "or_the_version_that_is_asked_for" {
  variables {
    sender_version = "1"
  }

  assert {
    condition     = { for name, queue in output.queues : name => queue.worker if queue.worker != null } == { OrgResourceEventsMessaging = "OrgResourceEventNotificationSender" }
    error_message = jsonencode(output.queues)
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
    condition     = { for version, topic in output.standard_topics : version => topic.arn } == { "1" = output.topics.OrgResourceEvents.arn, "2" = output.topics.OrgResourceEventsV2.arn }
    error_message = jsonencode(output.standard_topics)
  }

  assert {
    condition     = alltrue([for version, topic in output.standard_topics : jsondecode(topic.publish_policy).Statement == jsondecode(module.topic[version].publish_policy).Statement])
    error_message = "Without owners' topics there is nothing more to publish to: ${jsonencode(output.standard_topics)}"
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

run "an_owner_has_the_queue_and_the_topic_it_asked_for" {
  variables {
    owners = {
      billing  = { queue = true, topic = false, consumers = ["444455556666"] }
      payments = { queue = false, topic = true, consumers = ["arn:aws-us-gov:iam::777788889999:role/payments"] }
      platform = { queue = false, topic = false, consumers = [] }
    }
  }

  assert {
    condition = { for name, thing in merge(output.topics, output.queues) : name => thing.name if strcontains(name, "-") } == {
      for name in ["OrgResourceEventsV2-payments", "OrgResourceEventsV2-billing", "OrgResourceEventsV2-billingDLQ", "OrgResourceEventsV2-billingSubscriptionDLQ"] :
      name => "blue-${name}"
    }
    error_message = jsonencode(keys(merge(output.topics, output.queues)))
  }

  assert {
    condition     = output.queues["OrgResourceEventsV2-billing"].filter_policy == tomap({ owner = tolist(["billing"]) }) && module.owner_queue["billing"].topic_arn == output.topics.OrgResourceEventsV2.arn
    error_message = "The queue takes from version 2 what is its owner's: ${jsonencode(output.queues["OrgResourceEventsV2-billing"].filter_policy)}"
  }

  assert {
    condition     = output.queues["OrgResourceEventsV2-billing"].retention_days == 14 && !module.owner_queue["billing"].age_alarm
    error_message = "Nobody here empties the queue."
  }

  assert {
    condition = { for statement in jsondecode(module.owner_topic["payments"].policy).Statement : statement.Sid => statement.Principal if statement.Effect == "Allow" } == {
      NamedSubscribersSubscribe = { AWS = "arn:aws-us-gov:iam::777788889999:role/payments" }
    }
    error_message = module.owner_topic["payments"].policy
  }

  assert {
    condition     = module.owner_queue["billing"].readers == tolist(["444455556666"])
    error_message = "The owner's consumers empty its queue: ${jsonencode(module.owner_queue["billing"].readers)}"
  }

  # The functions make the topic's ARN of version 2's in the same way.
  assert {
    condition     = output.topics["OrgResourceEventsV2-payments"].arn == "${output.standard_topics["2"].arn}-payments"
    error_message = output.topics["OrgResourceEventsV2-payments"].arn
  }

  assert {
    condition = [for statement in jsondecode(output.standard_topics["2"].publish_policy).Statement : statement if statement.Sid == "PublishToOwnersTopics"] == [{
      Sid      = "PublishToOwnersTopics"
      Effect   = "Allow"
      Action   = "sns:Publish"
      Resource = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2-*"
    }]
    error_message = output.standard_topics["2"].publish_policy
  }

  assert {
    condition     = length(jsondecode(output.standard_topics["2"].publish_policy).Statement) == 3 && length(jsondecode(output.standard_topics["1"].publish_policy).Statement) == 2
    error_message = "Version 1 knows no owners: ${jsonencode(output.standard_topics)}"
  }
}

run "more_queues_than_sns_takes_filters" {
  command = plan

  variables {
    owners = { for n in range(201) : "owner-${n}" => { queue = true, topic = false, consumers = [] } }
  }

  expect_failures = [var.owners]
}

run "more_topics_than_may_be" {
  command = plan

  variables {
    owners = { for n in range(201) : "owner-${n}" => { queue = false, topic = true, consumers = [] } }
  }

  expect_failures = [var.owners]
}

run "an_owner_whose_name_does_not_fit_in_others" {
  command = plan

  variables {
    owners = { Payments = { queue = false, topic = false, consumers = [] } }
  }

  expect_failures = [var.owners]
}

run "an_owners_queue_without_version_2" {
  command = plan

  variables {
    message_versions = ["1"]
    owners           = { payments = { queue = true, topic = false, consumers = [] } }
  }

  expect_failures = [var.owners]
}

run "an_owners_topic_without_version_2" {
  command = plan

  variables {
    message_versions = ["1"]
    owners           = { payments = { queue = false, topic = true, consumers = [] } }
  }

  expect_failures = [var.owners]
}

run "owners_without_either_need_no_version_2" {
  command = plan

  variables {
    message_versions = ["1"]
    owners           = { payments = { queue = false, topic = false, consumers = [] } }
  }
}
