module "aws_service_event_handler" {
  source = "../queue_worker"

  name        = "AwsServiceEventHandler"
  name_prefix = var.name_prefix
  description = "Turns AWS service events into standard messages, one per resource"
  package_dir = var.package_dir

  queue       = var.queue
  permissions = var.topic.publish_policy
  environment = { ORG_RESOURCE_EVENTS_TOPIC_ARN = var.topic.arn }

  function   = var.function
  batch      = var.batch
  monitoring = var.monitoring
}
