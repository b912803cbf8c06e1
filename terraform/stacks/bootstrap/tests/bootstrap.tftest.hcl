# The real provider on a made-up account, so that policies are really rendered (a mock would make them up) and in a
# partition that a literal "aws" would show up in. It only plans: nothing is called.
provider "aws" {
  region                      = "us-gov-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target          = module.state.aws_s3_bucket.this
  override_during = plan
  values = {
    arn    = "arn:aws-us-gov:s3:::blue-tfstate-111122223333-us-gov-west-1"
    bucket = "blue-tfstate-111122223333-us-gov-west-1"
  }
}

variables {
  name_prefix      = "blue-"
  github           = { repository = "octo-org/events", environment = "production" }
  sender_addresses = ["*@example.org"]
}

run "old_states_can_be_brought_back" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_versioning.state.versioning_configuration).status == "Enabled"
    error_message = "An overwritten state must still be there."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.state.rule).noncurrent_version_expiration).noncurrent_days == 90
    error_message = "Old states must go one day."
  }
}

run "names_the_states_bucket_and_account" {
  command = plan

  assert {
    condition     = output.backend == <<-EOT
      # Made by the stack bootstrap. No other account is touched.
      allowed_account_ids = ["111122223333"]
      bucket              = "blue-tfstate-111122223333-us-gov-west-1"
      region              = "us-gov-west-1"
      use_lockfile        = true
    EOT
    error_message = output.backend
  }
}

run "pull_requests_and_two_workflows_on_main_plan_and_nobody_else" {
  command = plan

  assert {
    condition = { for statement in jsondecode(data.aws_iam_policy_document.trust["plan"].json).Statement : statement.Sid => statement.Condition } == {
      PullRequestsPlan = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:octo-org/events:pull_request"
      } }
      MainPlans = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:octo-org/events:ref:refs/heads/main"
        "token.actions.githubusercontent.com:job_workflow_ref" = [
          "octo-org/events/.github/workflows/audit.yml@refs/heads/main",
          "octo-org/events/.github/workflows/deploy.yml@refs/heads/main",
        ]
      } }
    }
    error_message = data.aws_iam_policy_document.trust["plan"].json
  }
}

run "only_deploy_on_main_behind_its_environment_applies" {
  command = plan

  assert {
    condition = one(jsondecode(data.aws_iam_policy_document.trust["apply"].json).Statement) == {
      Sid       = "DeployOnMainApplies"
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws-us-gov:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub"              = "repo:octo-org/events:environment:production"
        "token.actions.githubusercontent.com:job_workflow_ref" = "octo-org/events/.github/workflows/deploy.yml@refs/heads/main"
      } }
    }
    error_message = data.aws_iam_policy_document.trust["apply"].json
  }
}

# GitHub's newer repositories have their ids in the subject, but not in the workflow's reference.
run "a_subject_of_its_own" {
  command = plan

  variables {
    github = { repository = "octo-org/events", environment = "production", subject = "octo-org@12/events@34" }
  }

  assert {
    condition = one(jsondecode(data.aws_iam_policy_document.trust["apply"].json).Statement).Condition.StringEquals == {
      "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub"              = "repo:octo-org@12/events@34:environment:production"
      "token.actions.githubusercontent.com:job_workflow_ref" = "octo-org/events/.github/workflows/deploy.yml@refs/heads/main"
    }
    error_message = data.aws_iam_policy_document.trust["apply"].json
  }
}

run "plan_changes_nothing" {
  command = plan

  assert {
    condition = flatten([
      for statement in jsondecode(data.aws_iam_policy_document.read.json).Statement : [
        for action in flatten([statement.Action]) : "${action} on ${jsonencode(statement.Resource)}" if !can(regex(":(Get|List|Describe)", action))
      ]
    ]) == []
    error_message = data.aws_iam_policy_document.read.json
  }
}

# The rate of SES, from which the pace of mails follows; it may be that of another region.
run "plan_reads_what_ses_takes" {
  command = plan

  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.read, data.aws_iam_policy_document.limit] :
      [for statement in jsondecode(document.json).Statement : statement.Resource if contains(flatten([statement.Action]), "ses:GetAccount")] == ["*"]
    ])
    error_message = data.aws_iam_policy_document.read.json
  }
}

run "apply_holds_the_lock" {
  command = plan

  assert {
    condition = one([for statement in jsondecode(data.aws_iam_policy_document.write.json).Statement : statement if statement.Sid == "LockTheState"]) == {
      Sid      = "LockTheState"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]
      Resource = "arn:aws-us-gov:s3:::blue-tfstate-111122223333-us-gov-west-1/notifications.tfstate.tflock"
    }
    error_message = data.aws_iam_policy_document.write.json
  }
}

# A mapping has no ARN before it is there.
run "apply_creates_mappings_for_its_functions_only" {
  command = plan

  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.roles, data.aws_iam_policy_document.limit] : [
        for statement in jsondecode(document.json).Statement : [statement.Resource, toset(statement.Condition.ArnLike["lambda:FunctionArn"])]
        if contains(flatten([statement.Action]), "lambda:CreateEventSourceMapping")
      ] == [["*", toset(local.functions)]]
    ])
    error_message = data.aws_iam_policy_document.roles.json
  }
}

run "functions_mail_from_the_senders_only" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(data.aws_iam_policy_document.functions.json).Statement : statement.Condition
      if length([for action in flatten([statement.Action]) : action if startswith(action, "ses:")]) > 0
    ] == [{ StringLike = { "ses:FromAddress" = "*@example.org" } }]
    error_message = data.aws_iam_policy_document.functions.json
  }
}

run "senders_of_any_domain" {
  command = plan

  variables {
    sender_addresses = ["*@*"]
  }

  expect_failures = [var.sender_addresses]
}

run "no_sender" {
  command = plan

  variables {
    sender_addresses = []
  }

  expect_failures = [var.sender_addresses]
}

run "each_role_has_a_boundary_and_its_own_policies" {
  command = plan

  assert {
    condition     = { for name, role in local.roles : name => role.boundary } == { plan = "Read", apply = "Apply" }
    error_message = jsonencode(local.roles)
  }

  assert {
    condition = { for name, attachment in aws_iam_role_policy_attachment.this : name => attachment.role } == {
      plan-Read   = "blue-InfraEventsPlan"
      apply-Read  = "blue-InfraEventsApply"
      apply-Roles = "blue-InfraEventsApply"
      apply-Write = "blue-InfraEventsApply"
    }
    error_message = jsonencode(aws_iam_role_policy_attachment.this)
  }
}

run "apply_makes_roles_within_the_boundary_only_and_for_functions_only" {
  command = plan

  assert {
    condition = alltrue([for statement in jsondecode(data.aws_iam_policy_document.roles.json).Statement :
      statement.Condition == { StringEquals = { "iam:PermissionsBoundary" = "arn:aws-us-gov:iam::111122223333:policy/blue-InfraEventsFunctions" } }
      if length(setintersection(flatten([statement.Action]), ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"])) > 0
    ])
    error_message = data.aws_iam_policy_document.roles.json
  }

  assert {
    condition = length(setintersection(
      flatten([for document in [data.aws_iam_policy_document.roles, data.aws_iam_policy_document.write] : jsondecode(document.json).Statement[*].Action]),
      ["iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:*", "*"],
    )) == 0
    error_message = data.aws_iam_policy_document.roles.json
  }

  assert {
    condition     = one([for statement in jsondecode(data.aws_iam_policy_document.roles.json).Statement : statement.Condition.StringEquals if statement.Sid == "GiveRolesToFunctions"]) == { "iam:PassedToService" = "lambda.amazonaws.com" }
    error_message = data.aws_iam_policy_document.roles.json
  }
}

# The bootstrap's own: its roles, its policies, its bucket and what else lies in that.
run "neither_role_reaches_the_bootstrap" {
  command = plan

  assert {
    condition = alltrue(flatten([for document in [data.aws_iam_policy_document.read, data.aws_iam_policy_document.write, data.aws_iam_policy_document.roles, data.aws_iam_policy_document.limit] : [
      for statement in jsondecode(document.json).Statement : [
        for resource in flatten([statement.Resource]) : alltrue([
          for own in ["arn:aws-us-gov:iam::111122223333:role/blue-InfraEventsApply", "arn:aws-us-gov:iam::111122223333:policy/blue-InfraEventsFunctions", "arn:aws-us-gov:s3:::blue-tfstate-111122223333-us-gov-west-1/bootstrap.tfstate"] :
          !can(regex("^${replace(resource, "*", ".*")}$", own))
        ]) if resource != "*"
      ]
    ]]))
    error_message = "A role must not change what binds it."
  }
}

run "what_is_named_bears_the_prefix" {
  command = plan

  assert {
    condition = alltrue([for name in concat(local.named, local.roles_arns) :
      can(regex("(:|/)blue-", name))
    ])
    error_message = jsonencode(local.named)
  }
}

# tests/e2e/test_delivery.py holds what the stack makes against these names, all but the alarms.
run "alarms_are_named" {
  command = plan

  assert {
    condition = toset(local.alarms) == toset([
      for name in ["AwsServiceEvent*", "CatchAll-*", "EmailNotificationSender*", "Heartbeat*", "OrgResource*", "Schedule-*"] :
      "arn:aws-us-gov:cloudwatch:us-gov-west-1:111122223333:alarm:blue-${name}"
    ]) && length(setsubtract(local.alarms, local.named)) == 0
    error_message = jsonencode(local.alarms)
  }
}

run "buses_are_named_one_by_one" {
  command = plan

  variables {
    buses = ["Orders", "aws.partner/example.com/a-name-that-is-long/7"]
  }

  assert {
    condition = toset(local.buses) == toset([
      "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/blue-Orders",
      "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/blue-Orders/blue-CatchAll",
      "arn:aws-us-gov:events:us-gov-west-1:111122223333:archive/blue-Orders*",
      "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/events/blue-Orders*",
      "arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/aws.partner/example.com/a-name-that-is-long/7",
      "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/aws.partner/example.com/a-name-that-is-long/7/blue-CatchAll",
      "arn:aws-us-gov:events:us-gov-west-1:111122223333:archive/blue-aws.partner-example.com-a-name-tha*",
      "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/aws/events/blue-aws.partner/example.com/a-name-that-is-long/7*",
    ])
    error_message = jsonencode(local.buses)
  }
}

# IAM counts 6144 characters, and the longest prefix is 28.
run "every_policy_fits" {
  command = plan

  variables {
    name_prefix = "a-prefix-of-28-characters-x-"
    vpc         = true
  }

  # With this prefix and the longest region's name the bucket's is 63 long.
  assert {
    condition     = alltrue([for policy in aws_iam_policy.this : length(jsonencode(jsondecode(policy.policy))) <= 6144])
    error_message = jsonencode({ for name, policy in aws_iam_policy.this : name => length(jsonencode(jsondecode(policy.policy))) })
  }
}

run "each_stack_has_a_state" {
  command = plan

  variables {
    stacks = ["notifications", "reactions"]
  }

  assert {
    condition = toset(one([for statement in jsondecode(data.aws_iam_policy_document.read.json).Statement : statement.Resource if statement.Sid == "ReadTheState"])) == toset([
      "arn:aws-us-gov:s3:::blue-tfstate-111122223333-us-gov-west-1/notifications.tfstate",
      "arn:aws-us-gov:s3:::blue-tfstate-111122223333-us-gov-west-1/reactions.tfstate",
    ])
    error_message = data.aws_iam_policy_document.read.json
  }
}

run "the_bootstraps_own_state" {
  command = plan

  variables {
    stacks = ["bootstrap"]
  }

  expect_failures = [var.stacks]
}

run "apply_makes_functions_of_the_channels" {
  command = plan

  variables {
    channels = ["chat", "email"]
  }

  assert {
    condition = length(setsubtract([
      "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-ChatNotificationSender*",
      "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:blue-EmailNotificationSender*",
    ], local.functions)) == 0
    error_message = jsonencode(local.functions)
  }
}

run "roles_of_a_path" {
  command = plan

  variables {
    role_path = "/teams/events/"
  }

  assert {
    condition     = alltrue([for arn in local.roles_arns : startswith(arn, "arn:aws-us-gov:iam::111122223333:role/teams/events/blue-")])
    error_message = jsonencode(local.roles_arns)
  }
}

run "a_path_that_is_a_pattern" {
  command = plan

  variables {
    role_path = "/*/"
  }

  expect_failures = [var.role_path]
}

run "no_network_interfaces_without_a_vpc" {
  command = plan

  assert {
    condition     = !anytrue([for document in [data.aws_iam_policy_document.read, data.aws_iam_policy_document.limit, data.aws_iam_policy_document.functions] : strcontains(replace(document.json, "ec2:DescribeTags", ""), "ec2:")])
    error_message = "Functions are in no VPC unless asked for."
  }
}

run "network_interfaces_in_a_vpc" {
  command = plan

  variables {
    vpc = true
  }

  assert {
    condition = alltrue([
      strcontains(data.aws_iam_policy_document.functions.json, "ec2:CreateNetworkInterface"),
      strcontains(data.aws_iam_policy_document.read.json, "ec2:DescribeSubnets"),
      strcontains(data.aws_iam_policy_document.limit.json, "ec2:DescribeSubnets"),
    ])
    error_message = data.aws_iam_policy_document.functions.json
  }
}

run "the_accounts_provider_is_used_where_there_is_one" {
  command = plan

  variables {
    create_oidc_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account has one provider for an address."
  }
}

run "not_a_repository" {
  command = plan

  variables {
    github = { repository = "octo-org", environment = "production" }
  }

  expect_failures = [var.github]
}

run "not_an_environment" {
  command = plan

  variables {
    github = { repository = "octo-org/events", environment = "*" }
  }

  expect_failures = [var.github]
}

run "a_subject_that_names_more_than_a_repository" {
  command = plan

  variables {
    github = { repository = "octo-org/events", environment = "production", subject = "octo-org/events:environment" }
  }

  expect_failures = [var.github]
}

run "more_buses_than_a_policy_has_room_for" {
  command = plan

  variables {
    buses = [for index in range(20) : "Bus${index}"]
  }

  expect_failures = [aws_iam_policy.this]
}

run "buses_by_a_pattern" {
  command = plan

  variables {
    buses = ["*"]
  }

  expect_failures = [var.buses]
}

run "the_default_bus" {
  command = plan

  variables {
    buses = ["default"]
  }

  expect_failures = [var.buses]
}

run "states_forgotten_too_soon" {
  command = plan

  variables {
    old_state_days = 1
  }

  expect_failures = [var.old_state_days]
}

run "a_prefix_that_no_bucket_can_have" {
  command = plan

  variables {
    name_prefix = "-blue"
  }

  expect_failures = [var.name_prefix]
}
