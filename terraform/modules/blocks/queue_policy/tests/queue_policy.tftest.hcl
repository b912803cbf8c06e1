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

variables {
  queue_name = "blue-Example"
}

run "without_a_sender_it_only_refuses_plain_http" {
  command = plan

  assert {
    condition = jsondecode(output.json).Statement == [{
      Sid       = "OnlyEncryptedTransport"
      Effect    = "Deny"
      Action    = "sqs:*"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"
      Principal = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = output.json
  }
}

run "a_service_sends_for_one_resource_only" {
  command = plan

  variables {
    sender = { service = "sns.amazonaws.com", source_arns = ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic"] }
  }

  assert {
    condition = [for statement in jsondecode(output.json).Statement : statement if statement.Effect == "Allow"] == [{
      Sid       = "OneSourceSends"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example"
      Principal = { Service = "sns.amazonaws.com" }
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-Topic" } }
    }]
    error_message = output.json
  }

  assert {
    condition     = length(jsondecode(output.json).Statement) == 2
    error_message = "Plain HTTP must stay refused: ${output.json}"
  }
}

run "named_readers_empty_the_queue" {
  command = plan

  variables {
    readers = ["444455556666", "arn:aws-us-gov:iam::777788889999:role/billing"]
  }

  assert {
    condition = { for statement in jsondecode(output.json).Statement : statement.Sid => [toset(statement.Action), statement.Resource, toset(statement.Principal.AWS)] if statement.Effect == "Allow" } == {
      NamedReadersReceive = [
        toset(["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]),
        "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-Example",
        toset(var.readers),
      ]
    }
    error_message = "Each reader must be named, and may receive and no more: ${output.json}"
  }

  assert {
    condition     = jsondecode(output.json).Statement[0].Effect == "Deny"
    error_message = "Plain HTTP must stay refused: ${output.json}"
  }
}

run "everybody_is_no_reader" {
  command = plan

  variables {
    readers = ["*"]
  }

  expect_failures = [var.readers]
}
