# State changes of EC2 instances become messages for machines, and mails.

provider "aws" {
  default_tags {
    tags = {
      project     = "infra-events"
      environment = "minimal"
    }
  }
}

module "infra_events" {
  # In another repository: "git::https://example.org/infra-events.git//terraform/stacks/notifications?ref=v0.2.0"
  source = "../../stacks/notifications"

  package_dir    = var.package_dir
  sender_address = "infra-events@example.org"
  routing = {
    source   = "${path.module}/minimal.routing.yaml"
    compiled = "${var.package_dir}/routing/minimal.json"
  }

  # The ARNs of topics to alarm. They should lead elsewhere than through infra-events.
  monitoring = { alarm_topic_arns = [] }
}
