variable "package_dir" {
  description = "Folder of the zips and the catalogue that `make package` builds."
  type        = string

  validation {
    condition     = length(fileset(var.package_dir, "*.zip")) > 0
    error_message = "There are no zips in ${var.package_dir}: run `make package`."
  }
}

variable "sender_address" {
  description = "The address that mails come from. SES must have verified it, or its domain."
  type        = string
}

variable "routing" {
  description = "The path of the routing file (YAML), and that of the compiled routing that `make routing-check` made from it (JSON)."
  type = object({
    source   = string
    compiled = string
  })
}

variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""

  # The longest name is the bucket's: 63 characters, of which "routing", account and the longest region take 36.
  validation {
    condition     = can(regex("^([A-Za-z0-9][A-Za-z0-9_-]{0,26})?$", var.name_prefix))
    error_message = "name_prefix takes up to 27 letters, digits, - and _, a letter or digit first, so that every name stays within AWS's limits; not ${var.name_prefix}."
  }
}

variable "services" {
  description = "AWS services whose events come in, by their names in the catalogue (functions/aws_service_event_handler/catalogue). Each takes a rule or a few of the 300 that a bus may have unless AWS raises the limit."
  type        = list(string)
  default     = ["ec2"]
}

variable "buses" {
  description = "Event buses beside the default one, by name, each archived and logged; aws.partner/… is a partner's, named after its event source. To each: other accounts that may put events there, and for how many days events are archived (0: without end) and logged."
  type = map(object({
    accounts           = optional(list(string), [])
    archive_days       = optional(number, 30)
    log_retention_days = optional(number, 7)
  }))
  default = { OrgInfrastructure = {} }
}

variable "schedules" {
  description = "Events at set times, by name: rate(…) or cron(…) in UTC, and what the event's detail holds beside that name."
  type = map(object({
    schedule = string
    detail   = optional(map(string), {})
  }))
  default = {}
}

variable "heartbeat" {
  description = "Minutes from one heartbeat to the next, minutes without a delivered one after which the alarm goes off, and the channel that delivers it; null: no heartbeat. The routing must lead it to a dedicated destination with targets in that channel, or the fallback receives each heartbeat."
  type = object({
    rate_minutes        = optional(number, 5)
    alarm_after_minutes = optional(number, 15)
    channel             = optional(string, "email")
  })
  default = null

  validation {
    condition     = var.heartbeat == null || contains(keys(module.notifier.channels), try(var.heartbeat.channel, ""))
    error_message = "The heartbeat's channel must be one of ${join(", ", keys(module.notifier.channels))}, not ${try(var.heartbeat.channel, "null")}."
  }

  validation {
    condition     = var.heartbeat == null || contains(["DEBUG", "INFO"], var.monitoring.log_level)
    error_message = "The heartbeat's metric is a log line of level INFO: log_level ${var.monitoring.log_level} would omit it, and the alarm would go off."
  }
}

variable "message_versions" {
  description = "Versions of the standard message that are published, each to its own topic and queues: \"1\", \"2\" or both. docs/versions.md describes how to change."
  type        = list(string)
  default     = ["1", "2"]
}

variable "sender_version" {
  description = "The version from which people are notified; one of message_versions. Null: the highest."
  type        = string
  default     = null
}

variable "publishers" {
  description = "Principals that may also publish, from other accounts, clouds or on-premises: account ids, or ARNs of accounts and roles."
  type = object({
    standard_messages = optional(list(string), [])
    notifications     = optional(list(string), [])
  })
  default = {}
}

variable "functions" {
  description = "Timeout and memory of each function."
  type = object({
    aws_service_event_handler = optional(object({
      timeout_seconds = optional(number, 30)
      memory_mb       = optional(number, 256)
    }), {})
    org_resource_event_notification_sender = optional(object({
      timeout_seconds = optional(number, 30)
      memory_mb       = optional(number, 256)
    }), {})
    email_notification_sender = optional(object({
      timeout_seconds = optional(number, 60)
      memory_mb       = optional(number, 256)
    }), {})
  })
  default = {}
}

variable "batch" {
  description = "How many messages a function receives at once, and how many seconds SQS gathers them. A channel's function receives as many as it may send in a few seconds, at once."
  type = object({
    size           = optional(number, 100)
    window_seconds = optional(number, 1)
  })
  default = {}
}

variable "monitoring" {
  description = "Days the logs are kept, their level, and the topics to alarm when events are lost, wait in a DLQ or are late. alarm_topic_arns has no default: write [] for no alarms."
  type = object({
    log_retention_days = optional(number, 30)
    log_level          = optional(string, "INFO")
    alarm_topic_arns   = optional(list(string))
  })
  default = {}

  validation {
    condition     = var.monitoring.alarm_topic_arns != null
    error_message = "monitoring.alarm_topic_arns is missing: name the SNS topics to alarm, or write [] for no alarms."
  }
}

variable "create_sender_identity" {
  description = "Whether to have SES verify the sender's address. Leave it false where its domain is verified, as the address would override the domain."
  type        = bool
  default     = false
}

variable "mail_rate" {
  description = "How many recipients SES takes from the account in a second (MaxSendRate): mails are sent at 90 % of it. `make plan` reads it from the account unless it is set."
  type        = number
  default     = 1
}

variable "mail_quota" {
  description = "How many recipients SES takes from the account in 24 hours (Max24HourSend): at 90 % of it mails wait, but for those of severity FATAL. Null: any number."
  type        = number
  default     = null
}

variable "ses" {
  description = "The SES that sends the mails, where it is not that of this account and region: its region; the ARN of the sender's identity, where another account owns it and lets this one use it; the configuration set of the mails."
  type = object({
    region            = optional(string)
    identity_arn      = optional(string)
    configuration_set = optional(string)
  })
  default = {}
}

variable "permissions_boundary_arn" {
  description = "The boundary of the functions' roles, where the deploying role may create no others (output of the same name of the stack bootstrap)."
  type        = string
  default     = null
}

variable "role_path" {
  description = "Path of the functions' roles, such as /teams/events/. Null: /. The stack bootstrap has the same input. Another path replaces the roles."
  type        = string
  default     = null
}

variable "vpc" {
  description = "Subnets and security groups of the functions, where they must be in a VPC (in the stack bootstrap set `vpc` then). The subnets need a way to AWS: NAT or VPC endpoints. Null: no VPC."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "topic_key" {
  description = "ARN of an existing customer-managed key that encrypts the topics. Its policy must let EventBridge (events.amazonaws.com), this account and `publishers` use kms:Decrypt and kms:GenerateDataKey*; beside roles of the stack bootstrap it needs the deployment's tags project and environment. Null: the stack creates a key."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.topic_key == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$", try(var.topic_key.arn, "")))
    error_message = "topic_key takes the ARN of a key, not its id or alias: ${try(var.topic_key.arn, "null")}."
  }
}
