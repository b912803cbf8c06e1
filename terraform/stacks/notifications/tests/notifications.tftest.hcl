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

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

# What `make package` built, as the catalogue that it compiled must be that of this checkout.
variables {
  package_dir    = "../../../dist"
  sender_address = "infra-events@example.org"
  routing = {
    source   = "../../fixtures/routing/destinations.yaml"
    compiled = "../../fixtures/routing/destinations.json"
  }
  monitoring = { alarm_topic_arns = [] }
}

run "four_inputs_are_enough" {
  command = plan

  assert {
    condition = { for name, topic in output.topics : name => topic.name } == {
      for name in ["AwsServiceEvents", "OrgResourceEvents", "OrgResourceEventsV2", "OrgResourceEventsNotification"] : name => name
    }
    error_message = jsonencode({ for name, topic in output.topics : name => topic.name })
  }

  assert {
    condition = { for name, queue in output.queues : name => queue.name } == {
      for name in [
        "AwsServiceEvents", "AwsServiceEventsDLQ", "AwsServiceEventsSubscriptionDLQ", "AwsServiceEventsRuleDLQ",
        "OrgResourceEvents", "OrgResourceEventsDLQ", "OrgResourceEventsSubscriptionDLQ",
        "OrgResourceEventsMessaging", "OrgResourceEventsMessagingDLQ", "OrgResourceEventsMessagingSubscriptionDLQ",
        "OrgResourceEventsV2", "OrgResourceEventsV2DLQ", "OrgResourceEventsV2SubscriptionDLQ",
        "OrgResourceEventsMessagingV2", "OrgResourceEventsMessagingV2DLQ", "OrgResourceEventsMessagingV2SubscriptionDLQ",
        "OrgResourceEventsNotificationEmail", "OrgResourceEventsNotificationEmailDLQ", "OrgResourceEventsNotificationEmailSubscriptionDLQ",
        "OrgResourceEventsNotificationEmailUrgent", "OrgResourceEventsNotificationEmailUrgentDLQ",
      ] : name => name
    }
    error_message = jsonencode({ for name, queue in output.queues : name => queue.name })
  }

  assert {
    condition = { for name, function in output.functions : name => [function.name, function.log_group] } == {
      for name in ["AwsServiceEventHandler", "EmailNotificationSender", "OrgResourceEventNotificationSender"] : name => [name, "/aws/lambda/${name}"]
    }
    error_message = jsonencode({ for name, function in output.functions : name => [function.name, function.log_group] })
  }

  assert {
    condition     = [output.sent_table.name, output.tags_table.name] == ["OrgResourceEventsNotificationSent", "OrgResourceTags"]
    error_message = "${output.sent_table.name}, ${output.tags_table.name}"
  }

  assert {
    condition     = output.routing == { bucket = "routing-111122223333-us-gov-west-1", sha256 = filesha256("../../fixtures/routing/destinations.json") }
    error_message = jsonencode(output.routing)
  }

  assert {
    condition = (
      alltrue([for name, rule in output.rules : rule.name == basename(name)])
      && alltrue([for name in keys(output.rules) : startswith(name, "AwsServiceEvents-ec2") || name == "OrgInfrastructure/CatchAll"])
      && length(output.rules) > 1
    )
    error_message = "By default the events of EC2 come in, and custom events: ${join(", ", keys(output.rules))}"
  }
}

run "queues_name_what_they_are_connected_to" {
  command = plan

  assert {
    condition = { for name, queue in output.queues : name => [queue.worker, queue.channel, queue.dlq, queue.retention_days] if queue.worker != null } == {
      AwsServiceEvents                         = ["AwsServiceEventHandler", null, "AwsServiceEventsDLQ", 4]
      OrgResourceEventsMessagingV2             = ["OrgResourceEventNotificationSender", null, "OrgResourceEventsMessagingV2DLQ", 4]
      OrgResourceEventsNotificationEmail       = ["EmailNotificationSender", "email", "OrgResourceEventsNotificationEmailDLQ", 4]
      OrgResourceEventsNotificationEmailUrgent = ["EmailNotificationSender", "email", "OrgResourceEventsNotificationEmailUrgentDLQ", 4]
    }
    error_message = jsonencode({ for name, queue in output.queues : name => [queue.worker, queue.channel, queue.dlq, queue.retention_days] })
  }

  assert {
    condition     = toset(compact(values(output.queues)[*].worker)) == toset(keys(output.functions))
    error_message = "Each function must empty a queue."
  }

  assert {
    condition     = { for name, queue in output.queues : name => queue.filter_policy if queue.filter_policy != null } == { OrgResourceEventsNotificationEmailUrgent = tomap({ severity = tolist(["FATAL"]) }) }
    error_message = jsonencode({ for name, queue in output.queues : name => queue.filter_policy })
  }

  assert {
    condition     = alltrue([for name, queue in output.queues : queue.dlq == null if endswith(name, "DLQ")]) && alltrue([for name, queue in output.queues : contains(keys(output.queues), queue.dlq) if !endswith(name, "DLQ")])
    error_message = "A queue has a DLQ, and a DLQ has none."
  }
}

run "every_name_carries_the_prefix" {
  command = plan

  variables {
    name_prefix = "blue-"
  }

  assert {
    condition = alltrue([
      for name, thing in merge(output.topics, output.queues, output.functions, output.rules, output.buses, { OrgResourceEventsNotificationSent = output.sent_table, OrgResourceTags = output.tags_table }) :
      thing.name == "blue-${basename(name)}"
    ]) && startswith(output.routing.bucket, "blue-routing-")
    error_message = "Two deployments must fit in one account."
  }
}

# A worker refuses a queue that hides messages too briefly for its timeout.
run "each_queue_waits_for_its_own_function" {
  command = plan

  variables {
    functions = {
      aws_service_event_handler              = { timeout_seconds = 5 }
      org_resource_event_notification_sender = { timeout_seconds = 10 }
      email_notification_sender              = { timeout_seconds = 15 }
    }
    batch = { size = 10, window_seconds = 0 }
  }

  assert {
    condition     = [module.event_source.queue.visibility_timeout_seconds, module.fan_out.messaging_queue.visibility_timeout_seconds] == [30, 60]
    error_message = "6 × 5 s and 6 × 10 s."
  }
}

run "mail_is_slow_unless_ses_is_known_to_be_faster" {
  command = plan

  assert {
    condition     = jsonencode(output.mail) == jsonencode({ rate = 0.9, quota = null, account_rate = 1, region = "us-gov-west-1" })
    error_message = jsonencode(output.mail)
  }
}

run "ses_has_its_own_rate_quota_and_place" {
  command = plan

  variables {
    mail_rate  = 14
    mail_quota = 50000
    ses        = { region = "us-gov-east-1", configuration_set = "events" }
  }

  assert {
    condition     = output.mail == { rate = 12.6, quota = 45000, account_rate = 14, region = "us-gov-east-1" }
    error_message = jsonencode(output.mail)
  }
}

run "every_service_of_the_catalogue_fits" {
  command = plan

  variables {
    services = [
      for name, service in jsondecode(file("../../../dist/catalogue.json")).services : name
      if length(service.regions) == 0 || contains(service.regions, "us-gov-west-1")
    ]
  }

  assert {
    condition     = length([for name in keys(output.rules) : name if startswith(name, "AwsServiceEvents-")]) == length(flatten([for service in keys(output.services) : keys(jsondecode(file("../../../dist/catalogue.json")).rules[service])]))
    error_message = join(", ", keys(output.rules))
  }
}

run "one_version_fits" {
  command = plan

  variables {
    message_versions = ["1"]
  }

  assert {
    condition     = length([for name in concat(keys(output.topics), keys(output.queues)) : name if strcontains(name, "V2")]) == 0
    error_message = jsonencode(concat(keys(output.topics), keys(output.queues)))
  }
}

run "owners_have_dedicated_queues_and_topics" {
  command = plan

  variables {
    routing = {
      source   = "../../fixtures/routing/owners.yaml"
      compiled = "../../fixtures/routing/owners.json"
    }
  }

  assert {
    condition = [for name in keys(merge(output.topics, output.queues)) : name if strcontains(name, "-")] == [
      "OrgResourceEventsV2-payments", "OrgResourceEventsV2-paymentsDLQ", "OrgResourceEventsV2-paymentsSubscriptionDLQ",
    ]
    error_message = jsonencode(keys(merge(output.topics, output.queues)))
  }
}

run "the_sender_stays_on_a_version_while_both_are_published" {
  command = plan

  variables {
    sender_version = "1"
  }

  assert {
    condition     = length(output.topics) == 4
    error_message = jsonencode(keys(output.topics))
  }
}

run "an_identity_for_the_sender_fits" {
  command = plan

  variables {
    create_sender_identity = true
  }
}

run "publishers_fit" {
  command = plan

  variables {
    publishers = { standard_messages = ["444455556666"], notifications = ["444455556666", "777788889999"] }
  }
}

run "alarms_fit" {
  command = plan

  variables {
    monitoring = { alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"] }
  }

  assert {
    condition     = output.alarm_topic_arns == tolist(["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"])
    error_message = jsonencode(output.alarm_topic_arns)
  }
}

run "whom_to_alarm_is_left_open" {
  command = plan

  variables {
    monitoring = { log_level = "INFO" }
  }

  expect_failures = [var.monitoring]
}

run "a_vpc_and_a_path_fit" {
  command = plan

  variables {
    vpc       = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    role_path = "/teams/events/"
  }
}

run "an_existing_key_fits" {
  command = plan

  variables {
    topic_key = { arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/existing" }
  }

  assert {
    condition     = length(module.topic_key) == 0 && local.topic_key_arn == "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/existing"
    error_message = "The stack creates a key only where none is given."
  }
}

run "a_key_by_its_alias" {
  command = plan

  variables {
    topic_key = { arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/existing" }
  }

  expect_failures = [var.topic_key]
}

run "custom_events_come_by_a_bus_unless_nobody_wants_one" {
  command = plan

  assert {
    condition     = keys(module.event_source.buses) == ["OrgInfrastructure"] && length(module.heartbeat) == 0
    error_message = "There must be a bus for custom events, and no heartbeat that nobody asked for."
  }
}

run "no_bus_fits" {
  command = plan

  variables {
    buses = {}
  }
}

run "schedules_and_a_heartbeat_fit" {
  command = plan

  variables {
    schedules  = { weekly = { schedule = "rate(7 days)" } }
    heartbeat  = {}
    monitoring = { alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"] }
  }

  assert {
    condition     = length(setsubtract(["Schedule-weekly", "Heartbeat"], keys(output.rules))) == 0
    error_message = jsonencode(keys(output.rules))
  }
}

run "a_heartbeat_by_a_channel_that_does_not_exist" {
  command = plan

  variables {
    heartbeat = { channel = "telex" }
  }

  expect_failures = [var.heartbeat]
}

run "a_heartbeat_whose_metric_is_not_logged" {
  command = plan

  variables {
    heartbeat  = {}
    monitoring = { log_level = "WARNING", alarm_topic_arns = [] }
  }

  expect_failures = [var.heartbeat]
}

run "nothing_packaged" {
  command = plan

  variables {
    package_dir = "../../fixtures/nowhere"
  }

  expect_failures = [var.package_dir]
}

run "prefix_that_makes_names_too_long" {
  command = plan

  variables {
    name_prefix = "a-prefix-of-28-characters---"
  }

  expect_failures = [var.name_prefix]
}

run "prefix_that_no_name_may_have" {
  command = plan

  variables {
    name_prefix = "blue."
  }

  expect_failures = [var.name_prefix]
}

run "prefix_that_no_bucket_may_begin_with" {
  command = plan

  variables {
    name_prefix = "-blue"
  }

  expect_failures = [var.name_prefix]
}

run "prefix_as_long_as_any_may_be" {
  command = plan

  variables {
    name_prefix = "a-prefix-of-27-characters--"
  }

  assert {
    condition     = length(output.routing.bucket) <= 63 - (length("us-isof-south-1") - length("us-gov-west-1"))
    error_message = "The bucket's name must fit in the region with the longest name too: ${output.routing.bucket}"
  }
}
