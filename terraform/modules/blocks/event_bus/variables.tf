variable "name" {
  description = "Name of the bus, without the prefix. A partner's bus begins with aws.partner/: it has the name of its event source and no prefix."
  type        = string

  validation {
    condition     = can(regex("^(aws\\.partner/[A-Za-z0-9_./-]+|[A-Za-z0-9_.-]+)$", var.name)) && var.name != "default"
    error_message = "A custom bus has a name of letters, digits and . _ -, a partner's bus aws.partner/…, and the default bus is not made here; not ${var.name}."
  }
}

variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "account" {
  description = "The account to deploy to: its id, region and partition."
  type = object({
    id        = string
    region    = string
    partition = string
  })
}

variable "settings" {
  description = "Other accounts that may put events on the bus, and for how many days events are archived (0: without end) and logged."
  type = object({
    accounts           = optional(list(string), [])
    archive_days       = optional(number, 30)
    log_retention_days = optional(number, 7)
  })
  default = {}

  validation {
    condition     = alltrue([for account in var.settings.accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "accounts takes account ids of 12 digits: ${join(", ", var.settings.accounts)}."
  }

  validation {
    condition     = !startswith(var.name, "aws.partner/") || length(var.settings.accounts) == 0
    error_message = "Only the partner puts events on ${var.name}: it takes no accounts."
  }
}

variable "topic_arn" {
  description = "ARN of the topic that receives every event; its policy must let EventBridge publish."
  type        = string
}

variable "dlq_arn" {
  description = "ARN of the DLQ for events that could not be delivered; its policy must let the rule send."
  type        = string
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when the bus's rule cannot deliver an event. Empty: no alarms."
  type        = list(string)
  default     = []
}
