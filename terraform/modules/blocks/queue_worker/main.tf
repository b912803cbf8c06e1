locals {
  function_name = "${var.name_prefix}${var.name}"

  # One name, two spellings: the function AwsServiceEventHandler lives in the folder aws_service_event_handler.
  folder = lower(replace(var.name, "/([a-z0-9])([A-Z])/", "$${1}_$${2}"))
  zip    = "${var.worker.package_dir}/${local.folder}.zip"

  # The packager (scripts/build/package.py) reads it too: a zip's wheels are for this platform.
  platform = jsondecode(file("${path.module}/platform.json"))

  # Without it Lambda takes from SQS as much as the account's concurrency allows.
  concurrency = var.worker.batch.maximum_concurrency == null ? [] : [var.worker.batch.maximum_concurrency]

  alarms = {
    Errors = {
      minutes = { above = 1, of = 1 }
      meaning = "${local.function_name} did not start, raised or ran out of time; its log has the reason. Its messages come back, and wait in the DLQ after the fifth time."
    }
    Throttles = {
      minutes = { above = 3, of = 15 }
      meaning = "${local.function_name} is refused by Lambda again and again, as the account's or its own concurrency is used up: messages are late, and wait in the DLQ after the fifth time."
    }
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:the path of a message is traced by its id through logs and queues; X-Ray has no user here
  #checkov:skip=CKV_AWS_115:queues absorb bursts; reserved concurrency would be taken from the account's other functions
  #checkov:skip=CKV_AWS_116:event_invoke_config below has the on-failure destination, which succeeds the dead letter setting
  #checkov:skip=CKV_AWS_117:it calls public AWS endpoints only, so a VPC is the deployment's choice
  #checkov:skip=CKV_AWS_173:the environment holds names and addresses, no secrets
  #checkov:skip=CKV_AWS_272:whoever can write the zip can also sign it; the sha256 manifest ties zip and source together
  function_name    = local.function_name
  description      = var.description
  role             = aws_iam_role.this.arn
  runtime          = local.platform.runtime
  architectures    = [local.platform.architecture]
  handler          = "${local.folder}.handler.handler"
  filename         = local.zip
  source_code_hash = filebase64sha256(local.zip)
  timeout          = var.function.timeout_seconds
  memory_size      = var.function.memory_mb

  environment {
    variables = merge(var.environment, {
      PARKING_QUEUE_URL       = var.queue.dlq.url
      POWERTOOLS_SERVICE_NAME = var.name
      POWERTOOLS_LOG_LEVEL    = var.worker.monitoring.log_level
    })
  }

  dynamic "vpc_config" {
    for_each = var.worker.vpc == null ? [] : [var.worker.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # The log group first, or Lambda makes one without retention.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this, var.after]

  lifecycle {
    precondition {
      condition     = fileexists(local.zip)
      error_message = "${local.zip} is missing: run `make package`."
    }
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  function_name                      = aws_lambda_function.this.arn
  event_source_arn                   = var.queue.arn
  batch_size                         = var.worker.batch.size
  maximum_batching_window_in_seconds = var.worker.batch.window_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = local.concurrency

    content {
      maximum_concurrency = scaling_config.value
    }
  }
}

resource "aws_lambda_event_source_mapping" "urgent" {
  count = var.urgent_queue == null ? 0 : 1

  function_name                      = aws_lambda_function.this.arn
  event_source_arn                   = var.urgent_queue.arn
  batch_size                         = var.worker.batch.size
  maximum_batching_window_in_seconds = var.worker.batch.window_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = local.concurrency

    content {
      maximum_concurrency = scaling_config.value
    }
  }
}

# One failure is worth a look: what fails is an invocation, not a message. A throttled one is tried again soon.
module "alarm" {
  source   = "../alarm"
  for_each = length(var.worker.monitoring.alarm_topic_arns) == 0 ? {} : local.alarms

  name       = aws_lambda_function.this.function_name
  metric     = each.key
  dimensions = { FunctionName = aws_lambda_function.this.function_name }
  minutes    = each.value.minutes
  meaning    = each.value.meaning
  topic_arns = var.worker.monitoring.alarm_topic_arns
}

# An event that invokes the function directly comes from no queue: when its retries are exhausted, it goes to the DLQ too.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = 6 * 60 * 60 # AWS's default; without this line the local AWS shows it as drift

  destination_config {
    on_failure {
      destination = var.queue.dlq.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:logs carry ids, no payloads and no secrets; CloudWatch encrypts them anyway
  #checkov:skip=CKV_AWS_338:the retention is the deployment's choice
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.worker.monitoring.log_retention_days
}

resource "aws_iam_role" "this" {
  name                 = local.function_name
  path                 = var.worker.role_path
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.worker.permissions_boundary_arn
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "LambdaRunsTheFunction"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = "work"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.work.json
}

data "aws_iam_policy_document" "work" {
  #checkov:skip=CKV_AWS_111:Lambda creates the network interfaces, whose ids nobody knows before; only Lambda may
  #checkov:skip=CKV_AWS_356:Lambda creates the network interfaces, whose ids nobody knows before; only Lambda may
  source_policy_documents = [var.permissions]

  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  statement {
    sid       = "EmptyOwnQueue"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = concat([var.queue.arn], var.urgent_queue == null ? [] : [var.urgent_queue.arn])
  }

  statement {
    sid       = "ParkInOwnDLQ"
    actions   = ["sqs:SendMessage"]
    resources = [var.queue.dlq.arn]
  }

  # For Lambda, which gives the function its network interfaces: in requests of the function's code the key is set.
  dynamic "statement" {
    for_each = var.worker.vpc == null ? [] : [var.worker.vpc]

    content {
      sid = "LambdaConnectsToTheVPC"
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]

      condition {
        test     = "Null"
        variable = "lambda:SourceFunctionArn"
        values   = ["true"]
      }
    }
  }
}
