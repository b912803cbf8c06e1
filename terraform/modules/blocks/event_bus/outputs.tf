output "this" {
  description = "The bus: name and ARN, its archive and its log group."
  value = {
    name      = aws_cloudwatch_event_bus.this.name
    arn       = aws_cloudwatch_event_bus.this.arn
    archive   = aws_cloudwatch_event_archive.this.name
    log_group = aws_cloudwatch_log_group.this.name
  }
}

output "rule" {
  description = "The rule that matches every event: name and ARN."
  value = {
    name = aws_cloudwatch_event_rule.catch_all.name
    arn  = aws_cloudwatch_event_rule.catch_all.arn
  }
}

output "alarms" {
  description = "Names of the alarms, with the prefix."
  value       = module.rule_alarms.names
}
