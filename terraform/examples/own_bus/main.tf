# A custom event bus beside the default one. Applications of this account and of two others put their events on it.

provider "aws" {
  default_tags {
    tags = {
      project     = "infra-events"
      environment = "own-bus"
    }
  }
}

module "infra_events" {
  # In another repository: "git::https://example.org/infra-events.git//terraform/stacks/notifications?ref=v0.2.0"
  source = "../../stacks/notifications"

  package_dir    = var.package_dir
  sender_address = "infra-events@example.org"
  routing = {
    source   = "${path.module}/own_bus.routing.yaml"
    compiled = "${var.package_dir}/routing/own_bus.json"
  }

  # The ARNs of topics to alarm. They should lead elsewhere than through infra-events.
  monitoring = { alarm_topic_arns = [] }

  # In place of the bus OrgInfrastructure, which is there by default.
  buses = {
    Applications = {
      accounts           = ["111122223333", "444455556666"]
      archive_days       = 90
      log_retention_days = 14
    }
  }
}
