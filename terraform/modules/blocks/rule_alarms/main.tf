locals {
  # CloudWatch knows a rule of the default bus by its name alone.
  dimensions = merge({ RuleName = var.rule.name }, var.rule.bus == null ? {} : { EventBusName = var.rule.bus })

  alarms = {
    FailedInvocations              = "EventBridge gave up on delivering events of the rule ${var.rule.name}. They wait in its DLQ, unless the alarm InvocationsFailedToBeSentToDlq of this rule goes off as well."
    InvocationsFailedToBeSentToDlq = "Events of the rule ${var.rule.name} are lost: EventBridge could deliver them neither to the target nor to the DLQ. They may be larger than 256 KiB, which is all that SNS and SQS take; else check the DLQ and its policy."
  }
}

module "alarm" {
  source   = "../alarm"
  for_each = length(var.topic_arns) == 0 ? {} : local.alarms

  name       = var.name
  metric     = each.key
  dimensions = local.dimensions
  meaning    = each.value
  topic_arns = var.topic_arns
}
