output "rule" {
  description = "The rule: name and ARN."
  value = {
    name = aws_cloudwatch_event_rule.this.name
    arn  = aws_cloudwatch_event_rule.this.arn
  }
}

output "alarms" {
  description = "Names of the alarms, with the prefix."
  value       = module.rule_alarms.names
}
