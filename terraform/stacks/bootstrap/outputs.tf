output "backend" {
  description = "The deployment's environments/<environment>/backend.hcl: where its state is, and in which account it may work."
  value       = <<-EOT
    # Made by the stack bootstrap. No other account is touched.
    allowed_account_ids = ["${local.account}"]
    bucket              = "${aws_s3_bucket.state.bucket}"
    key                 = "${local.state_key}"
    region              = "${local.region}"
    use_lockfile        = true
  EOT
}

output "roles" {
  description = "The roles' ARNs, by what they do: plan, apply."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "permissions_boundary_arn" {
  description = "The deployment's `permissions_boundary_arn`: apply may make roles with this boundary only."
  value       = aws_iam_policy.this["Functions"].arn
}
