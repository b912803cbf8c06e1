output "function" {
  description = "The function: name, ARN and log group."
  value = {
    name      = aws_lambda_function.this.function_name
    arn       = aws_lambda_function.this.arn
    log_group = aws_cloudwatch_log_group.this.name
  }
}

output "environment" {
  description = "The function's environment variables."
  value       = one(aws_lambda_function.this.environment).variables
}

output "policy" {
  description = "IAM policy (JSON) of all that the function may do."
  value       = aws_iam_role_policy.this.policy
}

output "alarms" {
  description = "Names of the alarms, with the prefix."
  value       = [for alarm in module.alarm : alarm.name]
}

output "mappings" {
  description = "What feeds the function: for each queue its ARN, how many messages a batch holds, how many seconds it gathers, and how many are handled at a time (null: as many as Lambda starts)."
  value = [
    for mapping in concat([aws_lambda_event_source_mapping.this], aws_lambda_event_source_mapping.urgent) : {
      queue_arn           = mapping.event_source_arn
      batch_size          = mapping.batch_size
      window_seconds      = mapping.maximum_batching_window_in_seconds
      maximum_concurrency = one(mapping.scaling_config[*].maximum_concurrency)
    }
  ]
}

output "rollout" {
  description = "Known when the function and its mappings are deployed; for the input `after` of another worker."
  value       = [aws_lambda_function.this.arn, aws_lambda_event_source_mapping.this.id, aws_lambda_event_source_mapping.urgent[*].id]
}
