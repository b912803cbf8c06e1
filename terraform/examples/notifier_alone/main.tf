# The notifier without the layers before it: other processes publish notifications, and it mails them.

provider "aws" {
  default_tags {
    tags = {
      project     = "infra-events"
      environment = "notifier-alone"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account = {
    id        = data.aws_caller_identity.current.account_id
    region    = data.aws_region.current.name
    partition = data.aws_partition.current.partition
  }

  # Principals outside this account that publish. Roles of this account need the output publish_policy instead.
  publishers = ["111122223333"]
}

module "topic_key" {
  source = "../../modules/blocks/topic_key"

  account    = local.account
  publishers = local.publishers
}

module "routing" {
  source = "../../modules/blocks/routing"

  account = local.account
  files = {
    source   = "${path.module}/notifier_alone.routing.yaml"
    compiled = "${var.package_dir}/routing/notifier_alone.json"
  }
}

module "notifier" {
  source = "../../modules/notifier"

  account       = local.account
  topic_key_arn = module.topic_key.arn
  publishers    = local.publishers
  sender        = { address = "infra-events@example.org" }
  routing       = module.routing.object
  worker = {
    package_dir = var.package_dir
    batch       = { size = 100, window_seconds = 1 }
    monitoring  = { log_retention_days = 30, log_level = "INFO" }
  }
}
