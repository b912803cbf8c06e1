output "rule" {
  description = "The rule that beats: name and ARN."
  value       = module.beat.rule
}
