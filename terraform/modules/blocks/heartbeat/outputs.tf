output "rule" {
  description = "The heartbeat's rule: name and ARN."
  value       = module.beat.rule
}

output "alarms" {
  description = "Names of the alarms, with the prefix."
  value       = concat(aws_cloudwatch_metric_alarm.this[*].alarm_name, module.beat.alarms)
}
