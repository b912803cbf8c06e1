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

override_resource {
  target          = module.topic.aws_sns_topic.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsNotification" }
}

override_resource {
  target          = aws_dynamodb_table.sent
  override_during = plan
  values          = { arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-OrgResourceEventsNotificationSent" }
}

override_resource {
  target          = module.channel["email"].module.queue.module.queue.aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmail", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmail" }
}

override_resource {
  target          = module.channel["email"].module.queue.module.dlq.aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailDLQ", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmailDLQ" }
}

override_resource {
  target          = module.channel["email"].module.urgent_queue.module.queue.aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsNotificationEmailUrgent", url = "https://sqs.example/blue-OrgResourceEventsNotificationEmailUrgent" }
}

variables {
  name_prefix   = "blue-"
  account       = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  topic_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics"
  standard_messages = {
    queue = {
      arn                        = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessaging"
      visibility_timeout_seconds = 181
      dlq = {
        arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OrgResourceEventsMessagingDLQ"
        url = "https://sqs.example/blue-OrgResourceEventsMessagingDLQ"
      }
    }
    enricher = {
      table_name = "blue-OrgResourceTags"
      policy     = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTagsOfEC2\",\"Effect\":\"Allow\",\"Action\":\"ec2:DescribeTags\",\"Resource\":\"*\"}]}"
    }
    function = { timeout_seconds = 30, memory_mb = 256 }
  }
  sender = { address = "infra-events@example.org" }
  routing = {
    bucket      = "blue-routing-111122223333-us-gov-west-1"
    sha256      = "0a1b2c"
    read_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTheRouting\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1/routing/*\"}]}"
  }
  worker = {
    package_dir = "../../../dist"
    batch       = { size = 100, window_seconds = 1 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

run "the_sender_knows_its_world" {
  command = plan

  assert {
    condition = module.org_resource_event_notification_sender[0].environment == tomap({
      ACCOUNT_ID              = "111122223333"
      NOTIFICATION_TOPIC_ARN  = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsNotification"
      PARKING_QUEUE_URL       = "https://sqs.example/blue-OrgResourceEventsMessagingDLQ"
      POWERTOOLS_LOG_LEVEL    = "INFO"
      POWERTOOLS_SERVICE_NAME = "OrgResourceEventNotificationSender"
      ROUTING_BUCKET          = "blue-routing-111122223333-us-gov-west-1"
      ROUTING_SHA256          = "0a1b2c"
      TAGS_TABLE_NAME         = "blue-OrgResourceTags"
    })
    error_message = jsonencode(module.org_resource_event_notification_sender[0].environment)
  }
}

run "the_mailer_knows_its_world" {
  command = plan

  assert {
    condition = module.channel["email"].environment == tomap({
      PARKING_QUEUE_URL       = "https://sqs.example/blue-OrgResourceEventsNotificationEmailDLQ"
      POWERTOOLS_LOG_LEVEL    = "INFO"
      POWERTOOLS_SERVICE_NAME = "EmailNotificationSender"
      QUEUE_URL               = "https://sqs.example/blue-OrgResourceEventsNotificationEmail"
      ROUTING_BUCKET          = "blue-routing-111122223333-us-gov-west-1"
      ROUTING_SHA256          = "0a1b2c"
      SENDER_ADDRESS          = "infra-events@example.org"
      SENDS_PER_SECOND        = "0.9"
      SENT_TABLE_NAME         = "blue-OrgResourceEventsNotificationSent"
      URGENT_QUEUE_URL        = "https://sqs.example/blue-OrgResourceEventsNotificationEmailUrgent"
    })
    error_message = jsonencode(module.channel["email"].environment)
  }
}

run "mails_are_paced_by_what_ses_takes" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", rate = 14, quota = 50000 }
  }

  assert {
    condition     = [for name in ["SENDS_PER_SECOND", "SENDS_PER_DAY"] : module.channel["email"].environment[name]] == ["12.6", "45000"]
    error_message = jsonencode(module.channel["email"].environment)
  }

  assert {
    condition     = module.channel["email"].pacing == { batch_size = 10, concurrency = 2, quota = 45000, rate = 12.6 }
    error_message = jsonencode(module.channel["email"].pacing)
  }

  assert {
    condition     = output.mail == { rate = 12.6, quota = 45000, account_rate = 14, region = "us-gov-west-1" }
    error_message = jsonencode(output.mail)
  }
}

run "the_slowest_ses_there_is" {
  command = plan

  assert {
    condition     = jsonencode(module.channel["email"].pacing) == jsonencode({ batch_size = 4, concurrency = 2, quota = null, rate = 0.9 })
    error_message = jsonencode(module.channel["email"].pacing)
  }

  assert {
    condition     = jsonencode(output.mail) == jsonencode({ rate = 0.9, quota = null, account_rate = 1, region = "us-gov-west-1" })
    error_message = jsonencode(output.mail)
  }
}

# Half of the sandbox's rate, so that others can mail too.
run "less_than_one_mail_a_second" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", rate = 0.1, quota = 1 }
  }

  assert {
    condition     = module.channel["email"].pacing == { batch_size = 1, concurrency = 2, quota = 1, rate = 0.09 }
    error_message = jsonencode(module.channel["email"].pacing)
  }
}

run "a_fast_ses_needs_more_functions" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", rate = 100 }
  }

  assert {
    condition     = jsonencode(module.channel["email"].pacing) == jsonencode({ batch_size = 10, concurrency = 12, quota = null, rate = 90 })
    error_message = jsonencode(module.channel["email"].pacing)
  }
}

run "as_many_functions_as_lambda_allows" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", rate = 10000 }
  }

  assert {
    condition     = module.channel["email"].pacing.concurrency == 1000
    error_message = jsonencode(module.channel["email"].pacing)
  }
}

run "ses_elsewhere" {
  command = plan

  variables {
    sender = {
      address = "infra-events@example.org"
      ses = {
        region            = "us-gov-east-1"
        identity_arn      = "arn:aws-us-gov:ses:us-gov-east-1:444455556666:identity/example.org"
        configuration_set = "events"
      }
    }
  }

  assert {
    condition = { for name, value in module.channel["email"].environment : name => value if startswith(name, "SES_") } == {
      SES_CONFIGURATION_SET = "events"
      SES_IDENTITY_ARN      = "arn:aws-us-gov:ses:us-gov-east-1:444455556666:identity/example.org"
      SES_REGION            = "us-gov-east-1"
    }
    error_message = jsonencode(module.channel["email"].environment)
  }

  assert {
    condition     = output.mail.region == "us-gov-east-1"
    error_message = jsonencode(output.mail)
  }

  # Neither the identity's account nor its region is in the policy, and the configuration set isn't either.
  assert {
    condition     = one(data.aws_iam_policy_document.send_mails.statement).resources == toset(["*"])
    error_message = "The mailer must be able to use them: ${data.aws_iam_policy_document.send_mails.json}"
  }
}

run "an_identity_of_every_region" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", ses = { identity_arn = "arn:aws-us-gov:ses:*:444455556666:identity/example.org" } }
  }

  assert {
    condition     = module.channel["email"].environment.SES_IDENTITY_ARN == "arn:aws-us-gov:ses:*:444455556666:identity/example.org"
    error_message = jsonencode(module.channel["email"].environment)
  }
}

run "the_email_queue_takes_what_is_for_email" {
  command = plan

  assert {
    condition     = output.queues.OrgResourceEventsNotificationEmail.filter_policy == null
    error_message = jsonencode(output.queues.OrgResourceEventsNotificationEmail.filter_policy)
  }

  assert {
    condition     = module.channel["email"].visibility_timeout_seconds == 360 && output.queues.OrgResourceEventsNotificationEmail.retention_days == 4
    error_message = "The email queue has a worker of 60 s, and no window."
  }
}

run "the_mailer_may_mail_from_its_address" {
  command = plan

  assert {
    condition     = { for statement in data.aws_iam_policy_document.send_mails.statement : statement.sid => [statement.actions, statement.resources] } == { MailFromTheSenderOnly = [toset(["ses:SendEmail"]), toset(["*"])] }
    error_message = "The mailer mails, beside what every channel does, and does no more."
  }

  assert {
    condition = one(flatten([for statement in data.aws_iam_policy_document.send_mails.statement : tolist(statement.condition) if contains(statement.actions, "ses:SendEmail")])) == {
      test     = "StringEqualsIfExists"
      variable = "ses:FromAddress"
      values   = tolist(["infra-events@example.org"])
    }
    error_message = "The mailer must be bound to the sender's address."
  }
}

run "the_sent_record_forgets" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.sent.name == "blue-OrgResourceEventsNotificationSent" && aws_dynamodb_table.sent.hash_key == "id"
    error_message = "Powertools' idempotency looks records up by id."
  }

  assert {
    condition     = one(aws_dynamodb_table.sent.ttl).attribute_name == "expiration" && one(aws_dynamodb_table.sent.ttl).enabled
    error_message = "Powertools' idempotency sets the expiration."
  }
}

run "an_identity_only_when_asked_for" {
  command = plan

  assert {
    condition     = length(aws_sesv2_email_identity.sender) == 0
    error_message = "An address identity would override a verified domain."
  }
}

run "an_identity_when_asked_for" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", create_identity = true }
  }

  assert {
    condition     = one(aws_sesv2_email_identity.sender).email_identity == "infra-events@example.org"
    error_message = "SES must verify the sender's address."
  }
}

run "a_channel_is_the_function_that_delivers_it" {
  command = plan

  assert {
    condition     = output.channels == { email = "blue-EmailNotificationSender" }
    error_message = jsonencode(output.channels)
  }
}

run "others_can_bind_to_everything" {
  command = plan

  assert {
    condition = { for name, queue in output.queues : name => queue.name } == {
      for name in [
        "OrgResourceEventsNotificationEmail", "OrgResourceEventsNotificationEmailDLQ", "OrgResourceEventsNotificationEmailSubscriptionDLQ",
        "OrgResourceEventsNotificationEmailUrgent", "OrgResourceEventsNotificationEmailUrgentDLQ",
      ] : name => "blue-${name}"
    }
    error_message = jsonencode({ for name, queue in output.queues : name => queue.name })
  }

  assert {
    condition     = output.topics.OrgResourceEventsNotification == { name = "blue-OrgResourceEventsNotification", arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsNotification" }
    error_message = jsonencode(output.topics)
  }

  assert {
    condition = { for name, function in output.functions : name => function.name } == {
      EmailNotificationSender            = "blue-EmailNotificationSender"
      OrgResourceEventNotificationSender = "blue-OrgResourceEventNotificationSender"
    }
    error_message = jsonencode({ for name, function in output.functions : name => function.name })
  }

  assert {
    condition     = output.sent_table == { name = "blue-OrgResourceEventsNotificationSent", arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/blue-OrgResourceEventsNotificationSent" }
    error_message = jsonencode(output.sent_table)
  }
}

run "sender_that_is_no_address" {
  command = plan

  variables {
    sender = { address = "infra-events" }
  }

  expect_failures = [var.sender]
}

run "sender_with_a_display_name" {
  command = plan

  variables {
    sender = { address = "Infra <infra-events@example.org>" }
  }

  expect_failures = [var.sender]
}

run "a_rate_of_nothing" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", rate = 0 }
  }

  expect_failures = [var.sender]
}

run "a_quota_for_a_rate" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", rate = 50000 }
  }

  expect_failures = [var.sender]
}

# As SES writes that there is no limit.
run "a_quota_of_minus_one" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", quota = -1 }
  }

  expect_failures = [var.sender]
}

run "a_zone_for_a_region" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", ses = { region = "us-gov-west-1a" } }
  }

  expect_failures = [var.sender]
}

run "an_identity_by_its_domain" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", ses = { identity_arn = "example.org" } }
  }

  expect_failures = [var.sender]
}

run "a_configuration_set_for_an_identity" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", ses = { identity_arn = "arn:aws-us-gov:ses:us-gov-west-1:444455556666:configuration-set/events" } }
  }

  expect_failures = [var.sender]
}

run "an_identity_of_another_region" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", ses = { identity_arn = "arn:aws-us-gov:ses:us-gov-east-1:444455556666:identity/example.org" } }
  }

  expect_failures = [var.sender]
}

run "an_identity_made_here_for_ses_of_another_region" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", create_identity = true, ses = { region = "us-gov-east-1" } }
  }

  expect_failures = [var.sender]
}

run "an_identity_made_here_and_one_of_another_account" {
  command = plan

  variables {
    sender = { address = "infra-events@example.org", create_identity = true, ses = { identity_arn = "arn:aws-us-gov:ses:us-gov-west-1:444455556666:identity/example.org" } }
  }

  expect_failures = [var.sender]
}
