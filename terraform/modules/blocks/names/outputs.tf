output "families" {
  description = "How the names of queues, topics, tables, functions and alarms begin; functions of channels are in `channels`."
  value       = [for family in ["AwsServiceEvent", "OrgResource"] : "${var.name_prefix}${family}"]
}

output "channels" {
  description = "Channel → names of its function and its queues, without the prefix."
  value = {
    for channel in var.channels : channel => {
      function     = "${title(channel)}NotificationSender"
      queue        = "OrgResourceEventsNotification${title(channel)}"
      urgent_queue = "OrgResourceEventsNotification${title(channel)}Urgent"
    }
  }
}

output "rules" {
  description = "Names of the rules on the default bus; a star stands for services and schedules."
  value       = [for rule in ["AwsServiceEvents-*", "Schedule-*", "Heartbeat"] : "${var.name_prefix}${rule}"]
}

output "alarms" {
  description = "Names of the alarms; a star stands for what is watched and for the metric."
  value = [
    for name in concat(
      ["AwsServiceEvent", "OrgResource", "Schedule-", "CatchAll-", "Heartbeat"],
      [for channel in var.channels : "${title(channel)}NotificationSender"],
    ) : "${var.name_prefix}${name}*"
  ]
}

output "heartbeat" {
  description = "Name of the heartbeat's rule and alarm."
  value       = "${var.name_prefix}Heartbeat"
}

output "buses" {
  description = "Bus without the prefix → names of the bus, of its rule behind that of the bus, of its archive and of its log group."
  value = {
    for bus, archive in local.long_archive_names : bus => {
      # A partner's bus has the name of its event source, which the partner chose.
      name      = startswith(bus, "aws.partner/") ? bus : "${var.name_prefix}${bus}"
      rule      = "${startswith(bus, "aws.partner/") ? bus : "${var.name_prefix}${bus}"}/${var.name_prefix}CatchAll"
      archive   = length(archive) <= 48 ? archive : "${substr(archive, 0, 39)}-${substr(sha256(archive), 0, 8)}"
      log_group = "/aws/events/${var.name_prefix}${bus}"
    }
  }
}

output "buckets" {
  description = "Names of the buckets of the routing and of Terraform's state; none without an account."
  value = {
    for bucket, name in { routing = "routing", state = "tfstate" } :
    bucket => "${local.bucket_prefix}${name}-${local.bucket_suffix}" if local.bucket_suffix != null
  }
}

output "key_alias" {
  description = "Alias of the key that encrypts the topics."
  value       = "alias/${var.name_prefix}InfraEventsTopics"
}

output "functions_boundary" {
  description = "Name of the policy that bounds the functions' roles."
  value       = "${var.name_prefix}InfraEventsFunctions"
}

output "principal" {
  description = "Regular expression of a principal: an account id, or the ARN of an account or of a role."
  value       = "^([0-9]{12}|arn:[^:]+:iam::[0-9]{12}:(root|role/.+))$"
}
