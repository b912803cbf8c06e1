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
  target          = aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example", url = "https://sqs.example/blue-Example" }
}

variables {
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  name        = "Example"
  name_prefix = "blue-"
}

run "without_a_sender_it_only_refuses_plain_http" {
  command = plan

  assert {
    condition = jsondecode(output.policy).Statement == [{
      Sid       = "OnlyEncryptedTransport"
      Effect    = "Deny"
      Action    = "sqs:*"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"
      Principal = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = output.policy
  }
}

run "a_service_sends_for_one_resource_only" {
  command = plan

  variables {
    sender = { service = "sns.amazonaws.com", source_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic"] }
  }

  assert {
    condition = [for statement in jsondecode(output.policy).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "OneSourceSends"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"
      Principal = { Service = "sns.amazonaws.com" }
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic" } }
    }]
    error_message = output.policy
  }

  assert {
    condition     = length(jsondecode(output.policy).Statement) == 2
    error_message = "Plain HTTP must stay refused: ${output.policy}"
  }
}

run "named_readers_empty_the_queue" {
  command = plan

  variables {
    readers = ["444455556666", "arn:aws-us-gov:iam::777788889999:role/billing"]
  }

  assert {
    condition = { for statement in jsondecode(output.policy).Statement : statement.Sid => [toset(statement.Action), statement.Resource, toset(statement.Principal.AWS)] if statement.Effect == "Allow" } == {
      NamedReadersReceive = [
        toset(["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]),
        "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example",
        toset(var.readers),
      ]
    }
    error_message = "Each reader must be named, and may receive and no more: ${output.policy}"
  }

  assert {
    condition     = jsondecode(output.policy).Statement[0].Effect == "Deny"
    error_message = "Plain HTTP must stay refused: ${output.policy}"
  }
}

run "everybody_is_no_reader" {
  command = plan

  variables {
    readers = ["*"]
  }

  expect_failures = [var.readers]
}

run "a_dlq_is_encrypted_and_keeps_fourteen_days" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.this.message_retention_seconds == 14 * 86400
    error_message = "Every queue must be encrypted, and a DLQ keep fourteen days."
  }
}

run "a_queue_has_its_own_dlq_retention_and_visibility_timeout" {
  command = plan

  variables {
    retention_days             = 4
    visibility_timeout_seconds = 181
    redrive                    = { dlq_arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ", max_receive_count = 5 }
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this.redrive_policy) == {
      deadLetterTargetArn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-ExampleDLQ"
      maxReceiveCount     = 5
    }
    error_message = "The queue must redrive to its own DLQ: ${aws_sqs_queue.this.redrive_policy}"
  }

  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 4 * 86400 && aws_sqs_queue.this.visibility_timeout_seconds == 181
    error_message = "Retention and visibility timeout are inputs."
  }
}

run "no_queue_moves_messages_here" {
  command = plan

  assert {
    condition     = jsondecode(output.redrive_allow_policy) == { redrivePermission = "denyAll" }
    error_message = "Any queue of the account could name this one as its DLQ: ${output.redrive_allow_policy}"
  }
}

run "only_its_queue_moves_messages_to_a_dlq" {
  command = plan

  variables {
    name   = "ExampleDLQ"
    dlq_of = "Example"
  }

  assert {
    condition = jsondecode(output.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"]
    }
    error_message = output.redrive_allow_policy
  }
}

run "others_can_bind_to_it" {
  command = plan

  assert {
    condition = output.this == {
      name           = "blue-Example"
      arn            = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"
      url            = "https://sqs.example/blue-Example"
      retention_days = 14
      dlq            = null
      worker         = null
      filter_policy  = null
      channel        = null
    }
    error_message = jsonencode(output.this)
  }
}
