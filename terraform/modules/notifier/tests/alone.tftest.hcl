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
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = module.topic_key.aws_kms_key.this
  values = { arn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/topics", key_id = "topics" }
}

override_resource {
  target = module.topic_key.aws_kms_alias.this
}

override_resource {
  target = module.routing.module.bucket.aws_s3_bucket.this
  values = { arn = "arn:aws-us-gov:s3:::routing-111122223333-us-gov-west-1" }
}

override_resource {
  target = module.routing.module.bucket.aws_s3_bucket_public_access_block.this
}

override_resource {
  target = module.routing.module.bucket.aws_s3_bucket_ownership_controls.this
}

override_resource {
  target = module.routing.module.bucket.aws_s3_bucket_server_side_encryption_configuration.this
}

override_resource {
  target = module.routing.module.bucket.aws_s3_bucket_policy.this
}

override_resource {
  target = module.routing.aws_s3_object.rollout
}

override_resource {
  target = module.notifier.module.topic.aws_sns_topic.this
  values = { arn = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:OrgResourceEventsNotification" }
}

override_resource {
  target = module.notifier.module.topic.aws_sns_topic_policy.this
}

override_resource {
  target = module.notifier.module.channel["email"].module.queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:OrgResourceEventsNotificationEmail" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:OrgResourceEventsNotificationEmailDLQ" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.queue.module.subscription_dlq[0].aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:OrgResourceEventsNotificationEmailSubscriptionDLQ" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.queue.aws_sns_topic_subscription.this
}

override_resource {
  target = module.notifier.aws_dynamodb_table.sent
  values = { arn = "arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/OrgResourceEventsNotificationSent" }
}

override_resource {
  target = module.notifier.aws_sesv2_email_identity.sender
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_cloudwatch_log_group.this
  values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/EmailNotificationSender" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_iam_role.this
  values = { arn = "arn:aws-us-gov:iam::111122223333:role/EmailNotificationSender" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_iam_role_policy.this
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_lambda_function.this
  values = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:EmailNotificationSender" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_lambda_event_source_mapping.this
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_lambda_function_event_invoke_config.this
}

override_resource {
  target = module.notifier.module.channel["email"].module.urgent_queue.module.queue.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:OrgResourceEventsNotificationEmailUrgent", url = "https://sqs.example/OrgResourceEventsNotificationEmailUrgent" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.urgent_queue.module.dlq.aws_sqs_queue.this
  values = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:OrgResourceEventsNotificationEmailUrgentDLQ" }
}

override_resource {
  target = module.notifier.module.channel["email"].module.urgent_queue.aws_sns_topic_subscription.this
}

override_resource {
  target = module.notifier.module.channel["email"].module.worker.aws_lambda_event_source_mapping.urgent
}

variables {
  package_dir = "../../../dist"
  routing = {
    source   = "../../fixtures/routing/destinations.yaml"
    compiled = "../../fixtures/routing/destinations.json"
  }
  publishers = ["arn:aws-us-gov:iam::777788889999:role/ticket-system"]
}

run "the_layer_works_without_the_ones_above" {
  module {
    source = "./tests/alone"
  }

  assert {
    condition     = keys(output.functions) == ["EmailNotificationSender"]
    error_message = "Alone there are no standard messages to put into words: ${jsonencode(keys(output.functions))}"
  }

  assert {
    condition     = keys(output.topics) == ["OrgResourceEventsNotification"]
    error_message = "Other processes publish to the notification topic."
  }

  assert {
    condition = one([
      for statement in jsondecode(output.topic_policy).Statement : statement if statement.Effect == "Allow"
    ]).Principal == { AWS = "arn:aws-us-gov:iam::777788889999:role/ticket-system" }
    error_message = output.topic_policy
  }
}
