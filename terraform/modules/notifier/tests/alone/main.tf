terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

# The layer on its own: another process publishes notifications, this mails them.
module "topic_key" {
  source = "../../../blocks/topic_key"

  publishers = var.publishers
}

module "routing" {
  source = "../../../blocks/routing"

  files = var.routing
}

module "notifier" {
  source = "../.."

  package_dir   = var.package_dir
  topic_key_arn = module.topic_key.arn
  publishers    = var.publishers
  sender        = { address = "infra-events@example.org", create_identity = true }
  routing       = module.routing.object
}

variable "package_dir" {
  description = "Folder of the zips that `make package` builds."
  type        = string
}

variable "routing" {
  description = "The routing file, and what was compiled from it. Without standard messages its destinations are all that counts."
  type = object({
    source   = string
    compiled = string
  })
}

variable "publishers" {
  description = "Who publishes notifications from outside this account."
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
