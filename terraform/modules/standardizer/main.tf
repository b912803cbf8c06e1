module "names" {
  source = "../blocks/names"

  name_prefix = var.name_prefix
}

module "aws_service_event_handler" {
  source = "../blocks/queue_worker"

  name        = "AwsServiceEventHandler"
  name_prefix = var.name_prefix
  description = "Turns AWS service events into standard messages, one per resource"

  queue       = var.queue
  permissions = data.aws_iam_policy_document.standardize.json
  environment = {
    ACCOUNT_ID                     = var.account.id
    HEARTBEAT_RULE_ARN             = "arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:rule/${module.names.heartbeat}"
    ORG_RESOURCE_EVENTS_TOPIC_ARNS = jsonencode({ for version, topic in var.topics : version => topic.arn })
    ROUTING_BUCKET                 = var.routing.bucket
    ROUTING_SHA256                 = var.routing.sha256
    TAGS_TABLE_NAME                = var.enricher.table_name
  }

  function = var.function
  worker   = var.worker
}

data "aws_iam_policy_document" "standardize" {
  source_policy_documents = concat(values(var.topics)[*].publish_policy, [var.routing.read_policy, var.enricher.policy])
}
