terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

# The layer alone: another process publishes notifications, this mails them.
data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account = {
    id        = data.aws_caller_identity.current.account_id
    region    = data.aws_region.current.name
    partition = data.aws_partition.current.partition
  }
}

module "topic_key" {
  source = "../../../blocks/topic_key"

  account    = local.account
  publishers = var.publishers
}

module "routing" {
  source = "../../../blocks/routing"

  account = local.account
  files   = var.routing
}

module "notifier" {
  source = "../.."

  account       = local.account
  topic_key_arn = module.topic_key.arn
  publishers    = var.publishers
  sender        = { address = "infra-events@example.org", create_identity = true }
  routing       = module.routing.object
  worker = {
    package_dir = var.package_dir
    batch       = { size = 100, window_seconds = 1 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}

variable "package_dir" {
  description = "Folder of the zips that `make package` builds."
  type        = string
}

variable "routing" {
  description = "The routing file, and the compiled routing. Without standard messages only its destinations matter."
  type = object({
    source   = string
    compiled = string
  })
}

variable "publishers" {
  description = "Principals that publish notifications from outside this account."
  type        = list(string)
  default     = []
}

output "topics" {
  description = "Where to publish notifications."
  value       = module.notifier.topics
}

output "queues" {
  description = "The queues of the layer."
  value       = module.notifier.queues
}

output "functions" {
  description = "The functions of the layer."
  value       = module.notifier.functions
}

output "topic_policy" {
  description = "The topic's own policy."
  value       = module.notifier.topic_policy
}
