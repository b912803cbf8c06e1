output "bus" {
  description = "The bus: its name, its ARN for publishers, its archive and its log group."
  value       = module.infra_events.buses["Applications"]
}
