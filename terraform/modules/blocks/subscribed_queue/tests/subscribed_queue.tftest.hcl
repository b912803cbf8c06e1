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
  target          = module.queue.aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example", url = "https://sqs.example/blue-Example" }
}

override_resource {
  target          = module.dlq.aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ", url = "https://sqs.example/blue-ExampleDLQ" }
}

override_resource {
  target          = module.subscription_dlq[0].aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleSubscriptionDLQ", url = "https://sqs.example/blue-ExampleSubscriptionDLQ" }
}

variables {
  name        = "Example"
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  topic_arn   = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic"
  consumer    = { function = "ExampleWorker", timeout_seconds = 30, window_seconds = 1 }
}

run "what_fails_goes_to_a_dlq" {
  command = plan

  assert {
    condition = jsondecode(output.redrive_policy) == {
      deadLetterTargetArn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ"
      maxReceiveCount     = 5
    }
    error_message = "The queue must redrive to its own DLQ: ${output.redrive_policy}"
  }

  assert {
    condition = jsondecode(aws_sns_topic_subscription.this.redrive_policy) == {
      deadLetterTargetArn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleSubscriptionDLQ"
    }
    error_message = "The subscription must redrive to its own DLQ: ${aws_sns_topic_subscription.this.redrive_policy}"
  }
}

run "no_other_queue_moves_messages_to_these" {
  command = plan

  assert {
    condition = { for name, policy in output.redrive_allow_policies : name => jsondecode(policy) } == {
      Example                = { redrivePermission = "denyAll" }
      ExampleDLQ             = { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"] }
      ExampleSubscriptionDLQ = { redrivePermission = "denyAll" }
    }
    error_message = jsonencode(output.redrive_allow_policies)
  }
}

run "the_topic_alone_sends" {
  command = plan

  assert {
    condition = alltrue([
      for policy in [output.policies.Example, output.policies.ExampleSubscriptionDLQ] : one([
        for statement in jsondecode(policy).Statement : statement if statement.Effect == "Allow"
      ]).Condition == { ArnLike = { "aws:SourceArn" = var.topic_arn } }
    ])
    error_message = "SNS must be able to send for this topic, to the queue and to the subscription's DLQ."
  }

  assert {
    condition     = [for statement in jsondecode(output.policies.ExampleDLQ).Statement : statement.Effect] == ["Deny"]
    error_message = "No service sends to the DLQ: ${output.policies.ExampleDLQ}"
  }

  assert {
    condition = { for name, policy in output.policies : name => toset([
      for statement in jsondecode(policy).Statement : statement.Resource
      ]) } == {
      Example                = toset(["arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"])
      ExampleDLQ             = toset(["arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ"])
      ExampleSubscriptionDLQ = toset(["arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleSubscriptionDLQ"])
    }
    error_message = "Each policy must be about its own queue."
  }
}

run "the_body_is_the_contract" {
  command = plan

  assert {
    condition     = aws_sns_topic_subscription.this.raw_message_delivery && aws_sns_topic_subscription.this.protocol == "sqs"
    error_message = "Delivery must be raw."
  }

  assert {
    condition     = aws_sns_topic_subscription.this.endpoint == "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example" && aws_sns_topic_subscription.this.topic_arn == var.topic_arn
    error_message = "The subscription must lead from the topic to the queue."
  }
}

run "a_filter_is_set_on_the_subscription" {
  command = plan

  variables {
    filter_policy = { channels = ["email"] }
  }

  assert {
    condition     = aws_sns_topic_subscription.this.filter_policy == "{\"channels\":[\"email\"]}"
    error_message = "The filter must be SNS's JSON: ${aws_sns_topic_subscription.this.filter_policy}"
  }
}

run "a_worker_has_four_days_and_six_timeouts" {
  command = plan

  assert {
    condition     = output.this.visibility_timeout_seconds == 181
    error_message = "6 × 30 s + 1 s window must be 181 s, not ${output.this.visibility_timeout_seconds}."
  }

  assert {
    condition     = output.queues.Example.retention_days == 4
    error_message = "A worker's queue keeps four days."
  }

  assert {
    condition     = output.queues.ExampleDLQ.retention_days == 14 && output.queues.ExampleSubscriptionDLQ.retention_days == 14
    error_message = "A DLQ keeps fourteen days."
  }
}

run "nobodys_queue_builds_up_for_fourteen_days_and_alarms_nobody_by_age" {
  command = plan

  variables {
    consumer         = null
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = output.queues.Example.retention_days == 14
    error_message = "Without a consumer the queue keeps fourteen days."
  }

  assert {
    condition     = !output.age_alarm && length(module.dlq_alarm) == 2
    error_message = "A queue that shall build up has no age alarm; its DLQs have theirs."
  }
}

run "a_queue_that_waits_for_its_worker_is_ready_and_alarms_nobody_by_age" {
  command = plan

  variables {
    consumer         = { function = "ExampleWorker", timeout_seconds = 10, window_seconds = 1, present = false }
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = output.queues.Example.retention_days == 4 && output.this.visibility_timeout_seconds == 61
    error_message = "The worker must be able to come at any time."
  }

  assert {
    condition     = output.queues.Example.worker == null
    error_message = "Nobody empties it yet: ${jsonencode(output.queues)}"
  }

  assert {
    condition     = !output.age_alarm && length(module.dlq_alarm) == 2
    error_message = "Until the worker comes messages grow old, which is no reason to alarm; its DLQs have theirs."
  }
}

run "no_alarms_without_a_topic" {
  command = plan

  assert {
    condition     = !output.age_alarm && length(module.dlq_alarm) == 0
    error_message = "Without a topic there is nobody to alarm."
  }
}

run "alarms_with_a_topic" {
  command = plan

  variables {
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition     = output.age_alarm && keys(module.dlq_alarm) == ["DLQ", "SubscriptionDLQ"]
    error_message = "The age of the queue and the depth of both DLQs must be watched."
  }
}

run "others_can_bind_to_every_queue" {
  command = plan

  variables {
    filter_policy = { channels = ["email"] }
  }

  assert {
    condition = output.queues == {
      for name, more in {
        Example                = { retention_days = 4, dlq = "ExampleDLQ", worker = "ExampleWorker", filter_policy = tomap({ channels = tolist(["email"]) }) }
        ExampleDLQ             = { retention_days = 14, dlq = null, worker = null, filter_policy = null }
        ExampleSubscriptionDLQ = { retention_days = 14, dlq = null, worker = null, filter_policy = null }
        } : name => merge(more, {
          name    = "blue-${name}"
          arn     = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-${name}"
          url     = "https://sqs.example/blue-${name}"
          channel = null
      })
    }
    error_message = jsonencode(output.queues)
  }

  assert {
    condition = output.this.url == "https://sqs.example/blue-Example" && output.this.dlq == {
      arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ"
      url = "https://sqs.example/blue-ExampleDLQ"
    }
    error_message = "A worker parks in the DLQ of its queue: ${jsonencode(output.this)}"
  }
}

# Two queues of a topic that hold the same messages, as the urgent ones of a channel.
run "a_subscription_shares_the_dlq_of_another" {
  command = plan

  variables {
    # With "SubscriptionDLQ" behind it, it would be too long.
    name             = "Sixty-1${join("", [for n in range(6) : "123456789"])}"
    subscription_dlq = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OtherSubscriptionDLQ" }
    alarm_topic_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:on-call"]
  }

  assert {
    condition = jsondecode(aws_sns_topic_subscription.this.redrive_policy) == {
      deadLetterTargetArn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-OtherSubscriptionDLQ"
    }
    error_message = "What the topic can't deliver must wait there: ${aws_sns_topic_subscription.this.redrive_policy}"
  }

  assert {
    condition = alltrue([
      for names in [keys(output.queues), keys(output.policies), keys(output.redrive_allow_policies)] :
      [for name in names : trimprefix(name, var.name)] == ["", "DLQ"]
    ]) && keys(module.dlq_alarm) == ["DLQ"]
    error_message = "There is no second one: ${join(", ", keys(output.queues))}"
  }
}

run "others_empty_the_queue_and_not_its_dlqs" {
  command = plan

  variables {
    readers = ["444455556666"]
  }

  assert {
    condition = { for name, policy in output.policies : name => [
      for statement in jsondecode(policy).Statement : statement.Sid if try(statement.Principal.AWS, "nobody") == "444455556666"
      ] } == {
      Example                = ["NamedReadersReceive"]
      ExampleDLQ             = []
      ExampleSubscriptionDLQ = []
    }
    error_message = "Messages that could not be handled are read by nobody else: ${output.policies.Example}"
  }
}

# The longest of the three names has 5 + 60 + 15 characters here, and one more below.
run "a_name_of_just_eighty_characters" {
  command = plan

  variables {
    name = "Sixty-${join("", [for n in range(6) : "123456789"])}"
  }

  assert {
    condition     = max([for queue in output.queues : length(queue.name)]...) == 80
    error_message = jsonencode(output.queues)
  }
}

run "a_name_that_is_too_long" {
  command = plan

  variables {
    name = "Sixty-1${join("", [for n in range(6) : "123456789"])}"
  }

  expect_failures = [var.name]
}
