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
