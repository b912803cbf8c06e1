# The ARNs of all that the stacks make, by kind. One list serves reading and writing: an action never applies to another
# service's ARN.
locals {
  own = [for family in module.names.families : "${family}*"]
  # With a star, because CloudWatch asks for log groups with ":log-stream:" behind their names.
  workers = concat(local.own, [for channel in module.names.channels : "${var.name_prefix}${channel.function}*"])

  state       = "arn:${local.partition}:s3:::${module.names.buckets.state}"
  state_files = [for stack in var.stacks : "${local.state}/${stack}.tfstate"]
  locks       = [for file in local.state_files : "${file}.tflock"]

  arn = { for service in ["cloudwatch", "dynamodb", "events", "kms", "lambda", "logs", "ses", "sns", "sqs"] : service => "arn:${local.partition}:${service}:${local.region}:${local.account}" }

  routing    = "arn:${local.partition}:s3:::${module.names.buckets.routing}"
  queues     = [for name in local.own : "${local.arn.sqs}:${name}"]
  topics     = [for name in local.own : "${local.arn.sns}:${name}"]
  tables     = ["${local.arn.dynamodb}:table/${var.name_prefix}OrgResource*"]
  log_groups = [for name in local.workers : "${local.arn.logs}:log-group:/aws/lambda/${name}"]
  functions  = [for name in local.workers : "${local.arn.lambda}:function:${name}"]
  mappings   = "${local.arn.lambda}:event-source-mapping:*"
  roles_arns = [for name in local.workers : "arn:${local.partition}:iam::${local.account}:role${var.role_path}${name}"]
  boundary   = "arn:${local.partition}:iam::${local.account}:policy/${module.names.functions_boundary}"
  key_alias  = "${local.arn.kms}:${module.names.key_alias}"
  alarms     = [for name in module.names.alarms : "${local.arn.cloudwatch}:alarm:${name}"]
  rules      = [for name in module.names.rules : "${local.arn.events}:rule/${name}"]

  # Named one by one: without a prefix a star would stand for every bus of the account.
  buses = flatten([
    for bus in module.names.buses : [
      "${local.arn.events}:event-bus/${bus.name}",
      "${local.arn.events}:rule/${bus.rule}",
      "${local.arn.events}:archive/${substr(bus.archive, 0, 39)}*",
      "${local.arn.logs}:log-group:${bus.log_group}*",
    ]
  ])

  named = concat(
    local.queues,
    local.topics,
    local.tables,
    local.log_groups,
    local.functions,
    local.alarms,
    local.rules,
    local.buses,
    [local.routing, "${local.routing}/*"],
  )

  # What functions ask for the tags of resources (modules/blocks/enricher).
  read_tags = ["autoscaling:DescribeTags", "ec2:DescribeTags", "iam:ListRoleTags", "iam:ListUserTags", "tag:GetResources"]

  # A function in a VPC has network interfaces, and whoever creates it reads the VPC.
  vpc = {
    use = var.vpc ? [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ] : []
    read = var.vpc ? ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"] : []
  }

  # Keys and identities have no name of ours: their tags select them.
  tagged = ["${local.arn.kms}:key/*", "${local.arn.ses}:identity/*"]
}

data "aws_iam_policy_document" "read" {
  #checkov:skip=CKV_AWS_356:these actions have no resource level
  statement {
    sid = "ReadWhatHasItsNames"
    actions = [
      "cloudwatch:ListTagsForResource",
      "dynamodb:Describe*",
      "dynamodb:ListTagsOfResource",
      "events:Describe*",
      "events:List*",
      "iam:Get*",
      "iam:List*",
      "lambda:Get*",
      "lambda:List*",
      "logs:ListTags*",
      "s3:Get*",
      "s3:ListBucket",
      "sns:Get*",
      "sns:List*",
      "sqs:Get*",
      "sqs:ListQueueTags",
    ]
    resources = concat(local.named, local.roles_arns, [local.mappings])
  }

  statement {
    sid       = "ReadWhatHasItsTags"
    actions   = ["kms:DescribeKey", "kms:GetKey*", "kms:ListResourceTags", "ses:GetEmailIdentity", "ses:ListTagsForResource"]
    resources = local.tagged

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  # AWS has no resource level for these, or one that only "*" covers.
  statement {
    sid = "FindThem"
    actions = concat(local.vpc.read, [
      "cloudwatch:DescribeAlarms",
      "kms:ListAliases",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "ses:GetAccount",
      "sns:GetSubscriptionAttributes",
    ])
    resources = ["*"]
  }

  statement {
    sid       = "FindTheState"
    actions   = ["s3:ListBucket"]
    resources = [local.state]
  }

  statement {
    sid       = "ReadTheState"
    actions   = ["s3:GetObject"]
    resources = local.state_files
  }
}

data "aws_iam_policy_document" "write" {
  #checkov:skip=CKV_AWS_109:bound to names or tags; the actions on "*" have no resource level
  #checkov:skip=CKV_AWS_111:bound to names or tags; the actions on "*" have no resource level
  #checkov:skip=CKV_AWS_356:these actions have no resource level
  statement {
    sid       = "WriteTheState"
    actions   = ["s3:PutObject"]
    resources = local.state_files
  }

  # Plan has no lock: a pull request that could delete one would break into an apply.
  statement {
    sid       = "LockTheState"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = local.locks
  }

  statement {
    sid = "MakeWhatHasItsNames"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "dynamodb:CreateTable",
      "dynamodb:DeleteTable",
      "dynamodb:TagResource",
      "dynamodb:UpdateTable",
      "dynamodb:UpdateTimeToLive",
      "events:*Archive",
      "events:*EventBus",
      "events:DeleteRule",
      "events:PutRule",
      "events:PutTargets",
      "events:RemoveTargets",
      "events:TagResource",
      "lambda:CreateFunction",
      "lambda:DeleteFunction*",
      "lambda:PutFunctionEventInvokeConfig",
      "lambda:TagResource",
      "lambda:UpdateFunction*",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:DeleteObject",
      "s3:PutBucket*",
      "s3:PutEncryptionConfiguration",
      "s3:PutObject",
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sqs:CreateQueue",
      "sqs:DeleteQueue",
      "sqs:SetQueueAttributes",
      "sqs:TagQueue",
    ]
    resources = local.named
  }

  # AWS checks these two on the alias and on its key.
  statement {
    sid       = "NameTheKey"
    actions   = ["kms:CreateAlias", "kms:DeleteAlias"]
    resources = [local.key_alias]
  }

  statement {
    sid       = "MakeWhatGetsItsTags"
    actions   = ["kms:CreateKey", "kms:TagResource", "ses:CreateEmailIdentity", "ses:TagResource"]
    resources = ["*"]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringEquals"
        variable = "aws:RequestTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "ChangeWhatHasItsTags"
    actions = [
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:EnableKeyRotation",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:UpdateKeyDescription",
      "ses:DeleteEmailIdentity",
    ]
    resources = local.tagged

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "FeedItsFunctions"
    actions   = ["lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
    resources = [local.mappings]

    condition {
      test     = "ArnLike"
      variable = "lambda:FunctionArn"
      values   = local.functions
    }
  }

  statement {
    sid       = "TagMappings"
    actions   = ["lambda:TagResource"]
    resources = [local.mappings]
  }

  # AWS checks these on no resource: subscriptions, who may put events on a bus, and that EventBridge may log them.
  statement {
    sid = "ChangeWhatHasNoName"
    actions = [
      "events:PutPermission",
      "events:RemovePermission",
      "logs:DeleteResourcePolicy",
      "logs:PutResourcePolicy",
      "sns:SetSubscriptionAttributes",
      "sns:Unsubscribe",
    ]
    resources = ["*"]
  }
}

# What apply does with functions' roles, and what else has no room in the policy above.
data "aws_iam_policy_document" "roles" {
  # Only roles with the boundary are created, and a role without it gets no policy. Whom a new role trusts no condition
  # key of AWS can bind, so the boundary is made to be worth little to others; the trust of a role that is there stays.
  statement {
    sid       = "MakeRolesWithinTheBoundary"
    actions   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.roles_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary]
    }
  }

  statement {
    sid       = "ReadAndChangeItsRoles"
    actions   = ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:Get*", "iam:List*", "iam:TagRole"]
    resources = local.roles_arns
  }

  statement {
    sid       = "GiveRolesToFunctions"
    actions   = ["iam:PassRole"]
    resources = local.roles_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["lambda.amazonaws.com"]
    }
  }

  # A mapping has no ARN before it is there, so AWS grants its creation on "*" only: the function's ARN is what binds it.
  statement {
    sid       = "BeginToFeedItsFunctions"
    actions   = ["lambda:CreateEventSourceMapping"]
    resources = ["*"]

    condition {
      test     = "ArnLike"
      variable = "lambda:FunctionArn"
      values   = local.functions
    }
  }
}

# The most that apply may ever do: any action on the same resources, since a policy has no room for all actions.
data "aws_iam_policy_document" "limit" {
  #checkov:skip=CKV_AWS_109:a boundary grants nothing; what apply may do is in the policies read and write
  #checkov:skip=CKV_AWS_111:a boundary grants nothing; what apply may do is in the policies read and write
  #checkov:skip=CKV_AWS_356:a boundary grants nothing; what apply may do is in the policies read and write
  source_policy_documents = [data.aws_iam_policy_document.roles.json]

  statement {
    sid = "WhatHasItsNames"
    actions = [
      "cloudwatch:*",
      "dynamodb:*",
      "events:*",
      "kms:*",
      "lambda:*",
      "logs:*",
      "s3:*",
      "sns:*",
      "sqs:*",
    ]
    resources = concat(local.named, [local.key_alias, local.mappings], local.state_files, local.locks)
  }

  statement {
    sid       = "WhatHasItsTags"
    actions   = ["kms:*", "ses:*"]
    resources = local.tagged

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "WhatHasNoName"
    actions = concat(local.vpc.read, [
      "cloudwatch:DescribeAlarms",
      "events:PutPermission",
      "events:RemovePermission",
      "kms:CreateKey",
      "kms:ListAliases",
      "kms:TagResource",
      "logs:DeleteResourcePolicy",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:PutResourcePolicy",
      "s3:ListBucket",
      "ses:CreateEmailIdentity",
      "ses:GetAccount",
      "ses:TagResource",
      "sns:GetSubscriptionAttributes",
      "sns:SetSubscriptionAttributes",
      "sns:Unsubscribe",
    ])
    resources = ["*"]
  }
}

# All that the functions do.
data "aws_iam_policy_document" "functions" {
  #checkov:skip=CKV_AWS_111:a boundary grants nothing; the functions' own policies name the sender
  #checkov:skip=CKV_AWS_356:a boundary grants nothing; these actions have no resource level, or one that is the account's state
  statement {
    sid = "UseWhatHasItsNames"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
      "sns:Publish",
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ]
    resources = concat(
      local.queues,
      local.topics,
      local.tables,
      [for group in local.log_groups : "${group}:*"],
      ["${local.routing}/*"],
    )
  }

  statement {
    sid       = "UseTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["${local.arn.kms}:key/*"]

    dynamic "condition" {
      for_each = local.tags

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  # On any identity: in the sandbox, SES checks those of the recipients too.
  statement {
    sid       = "MailFromTheSenders"
    actions   = ["ses:SendEmail"]
    resources = ["*"]

    condition {
      test     = "StringLike"
      variable = "ses:FromAddress"
      values   = var.sender_addresses
    }
  }

  statement {
    sid       = "ReadTags"
    actions   = concat(local.vpc.use, local.read_tags)
    resources = ["*"]
  }
}
