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

variables {
  name_prefix = "blue-"
  account     = { id = "111122223333", region = "us-gov-west-1", partition = "aws-us-gov" }
  queue = {
    arn                        = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEvents"
    visibility_timeout_seconds = 30
    dlq = {
      arn = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:blue-AwsServiceEventsDLQ"
      url = "https://sqs.example/blue-AwsServiceEventsDLQ"
    }
  }
  topics = {
    "1" = {
      arn            = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEvents"
      publish_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"PublishToOrgResourceEvents\",\"Effect\":\"Allow\",\"Action\":\"sns:Publish\",\"Resource\":\"arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEvents\"}]}"
    }
    "2" = {
      arn            = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2"
      publish_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"PublishToOrgResourceEventsV2\",\"Effect\":\"Allow\",\"Action\":\"sns:Publish\",\"Resource\":\"arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2\"}]}"
    }
  }
  routing = {
    bucket      = "blue-routing-111122223333-us-gov-west-1"
    sha256      = "0a1b2c"
    read_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTheRouting\",\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws-us-gov:s3:::blue-routing-111122223333-us-gov-west-1/routing/*\"}]}"
  }
  enricher = {
    table_name = "blue-OrgResourceTags"
    policy     = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ReadTagsOfEC2\",\"Effect\":\"Allow\",\"Action\":\"ec2:DescribeTags\",\"Resource\":\"*\"}]}"
  }
  function = { timeout_seconds = 5, memory_mb = 256 }
  worker = {
    package_dir = "../../../dist"
    batch       = { size = 10, window_seconds = 0 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

run "knows_its_world" {
  command = plan

  assert {
    condition = module.aws_service_event_handler.environment == tomap({
      ACCOUNT_ID                     = "111122223333"
      HEARTBEAT_RULE_ARN             = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-Heartbeat"
      ORG_RESOURCE_EVENTS_TOPIC_ARNS = jsonencode({ for version, topic in var.topics : version => topic.arn })
      PARKING_QUEUE_URL              = var.queue.dlq.url
      POWERTOOLS_LOG_LEVEL           = "INFO"
      POWERTOOLS_SERVICE_NAME        = "AwsServiceEventHandler"
      ROUTING_BUCKET                 = "blue-routing-111122223333-us-gov-west-1"
      ROUTING_SHA256                 = "0a1b2c"
      TAGS_TABLE_NAME                = "blue-OrgResourceTags"
    })
    error_message = jsonencode(module.aws_service_event_handler.environment)
  }

  assert {
    condition     = { for name, function in output.functions : name => [function.name, function.log_group] } == { AwsServiceEventHandler = ["blue-AwsServiceEventHandler", "/aws/lambda/blue-AwsServiceEventHandler"] }
    error_message = jsonencode(output.functions)
  }
}

run "publishes_one_version_only_where_there_is_one" {
  command = plan

  variables {
    topics = {
      "2" = {
        arn            = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2"
        publish_policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
      }
    }
  }

  assert {
    condition     = jsondecode(module.aws_service_event_handler.environment.ORG_RESOURCE_EVENTS_TOPIC_ARNS) == { "2" = "arn:aws-us-gov:sns:us-gov-west-1:111122223333:blue-OrgResourceEventsV2" }
    error_message = jsonencode(module.aws_service_event_handler.environment)
  }
}

# An apply, as a policy about a resource is rendered only then. What would be created is overridden: nothing is called.
run "may_publish_every_version_read_the_routing_and_tags" {
  override_resource {
    target = module.aws_service_event_handler.aws_cloudwatch_log_group.this
    values = { arn = "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/lambda/blue-AwsServiceEventHandler" }
  }

  override_resource {
    target = module.aws_service_event_handler.aws_iam_role.this
    values = { arn = "arn:aws-us-gov:iam::111122223333:role/blue-AwsServiceEventHandler" }
  }

  override_resource {
    target = module.aws_service_event_handler.aws_iam_role_policy.this
  }

  override_resource {
    target = module.aws_service_event_handler.aws_lambda_function.this
    values = { arn = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-AwsServiceEventHandler" }
  }

  override_resource {
    target = module.aws_service_event_handler.aws_lambda_event_source_mapping.this
  }

  override_resource {
    target = module.aws_service_event_handler.aws_lambda_function_event_invoke_config.this
  }

  assert {
    condition = alltrue([
      for policy in concat(values(var.topics)[*].publish_policy, [var.routing.read_policy, var.enricher.policy]) :
      contains(jsondecode(module.aws_service_event_handler.policy).Statement, one(jsondecode(policy).Statement))
    ])
    error_message = module.aws_service_event_handler.policy
  }
}
