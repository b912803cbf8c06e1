output "rule" {
  description = "The heartbeat's rule: name and ARN."
  value       = module.beat.rule
}
