output "functions" {
  description = "The function made here: unprefixed name → name, ARN and log group."
  value       = { AwsServiceEventHandler = module.aws_service_event_handler.function }
}
