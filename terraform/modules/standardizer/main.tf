module "aws_service_event_handler" {
  source = "../queue_worker"

  name        = "AwsServiceEventHandler"
  name_prefix = var.name_prefix
  description = "Turns AWS service events into standard messages, one per resource"
  package_dir = var.package_dir

  queue       = var.queue
  permissions = data.aws_iam_policy_document.publish.json
  environment = {
    ORG_RESOURCE_EVENTS_TOPIC_ARNS = jsonencode({ for version, topic in var.topics : version => topic.arn })
  }

  function   = var.function
  batch      = var.batch
  monitoring = var.monitoring
}

data "aws_iam_policy_document" "publish" {
  source_policy_documents = values(var.topics)[*].publish_policy
}
