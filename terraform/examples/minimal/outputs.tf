output "queues" {
  description = "Every queue: unprefixed name → name, ARN and more. OrgResourceEventsV2 is the one for machines."
  value       = module.infra_events.queues
}
