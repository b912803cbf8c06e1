output "names" {
  description = "Names of the alarms, with the prefix."
  value       = [for alarm in module.alarm : alarm.name]
}
