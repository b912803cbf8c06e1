output "backend" {
  description = "The environment's terraform/environments/<environment>/backend.hcl: where the states of its stacks are (each stack's key is <stack>.tfstate), and the only account it may touch."
  value       = <<-EOT
    # Made by the stack bootstrap. No other account is touched.
    allowed_account_ids = ["${local.account}"]
    bucket              = "${module.state.this.name}"
    region              = "${local.region}"
    use_lockfile        = true
  EOT
}

output "roles" {
  description = "ARNs of the roles: plan and apply."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

output "permissions_boundary_arn" {
  description = "The deployment's `permissions_boundary_arn`: apply may make roles with this boundary only."
  value       = aws_iam_policy.this["Functions"].arn
}
