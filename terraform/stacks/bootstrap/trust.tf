# Which jobs may take which role, by the name of the statement. No other job of the repository may.
locals {
  issuer   = "token.actions.githubusercontent.com"
  audience = "sts.amazonaws.com"

  subject  = "repo:${coalesce(var.github.subject, var.github.repository)}"
  workflow = { for name in ["audit", "deploy"] : name => "${var.github.repository}/.github/workflows/${name}.yml@refs/heads/main" }

  ways_in = {
    plan = {
      # A pull request from within the repository can change the workflows too: so this role only reads.
      PullRequestsPlan = { subject = "${local.subject}:pull_request", workflows = [] }
      MainPlans        = { subject = "${local.subject}:ref:refs/heads/main", workflows = values(local.workflow) }
    }
    apply = {
      # The environment's subject names no workflow and no branch: the workflow's reference does (docs/adr/0013).
      DeployOnMainApplies = { subject = "${local.subject}:environment:${var.github.environment}", workflows = [local.workflow.deploy] }
    }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_oidc_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = [local.audience]
  tags           = local.tags
}

data "aws_iam_policy_document" "trust" {
  for_each = local.ways_in

  dynamic "statement" {
    for_each = each.value

    content {
      sid     = statement.key
      actions = ["sts:AssumeRoleWithWebIdentity"]

      principals {
        type        = "Federated"
        identifiers = ["arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}"]
      }

      condition {
        test     = "StringEquals"
        variable = "${local.issuer}:aud"
        values   = [local.audience]
      }

      condition {
        test     = "StringEquals"
        variable = "${local.issuer}:sub"
        values   = [statement.value.subject]
      }

      dynamic "condition" {
        for_each = length(statement.value.workflows) > 0 ? [statement.value.workflows] : []

        content {
          test     = "StringEquals"
          variable = "${local.issuer}:job_workflow_ref"
          values   = condition.value
        }
      }
    }
  }
}
