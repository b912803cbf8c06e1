variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "package_dir" {
  description = "Folder of the zips that `make package` builds."
  type        = string
}

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topic (module topic_key)."
  type        = string
}

variable "publishers" {
  description = "Who else publishes notifications: account ids, or ARNs of accounts and roles. From outside this account they need to be `publishers` of the key too."
  type        = list(string)
  default     = []
}

variable "standard_messages" {
  description = "Where standard messages wait to be put into words (output `messaging_queue` of module fan_out), and the IANA time zone in which the words tell the time besides UTC. Null deploys the layer alone: other processes publish the notifications."
  type = object({
    queue = object({
      arn                        = string
      visibility_timeout_seconds = number
      dlq = object({
        arn = string
        url = string
      })
    })
    display_timezone = optional(string, "Etc/UTC")
  })
  default = null

  validation {
    condition     = var.standard_messages == null || can(regex("^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$", var.standard_messages.display_timezone))
    error_message = "display_timezone must be an IANA time zone such as Europe/Berlin, not ${try(var.standard_messages.display_timezone, "null")}."
  }
}

variable "sender" {
  description = "The address mails come from. create_identity has SES verify that one address: leave it false where its domain is verified, which the address would override."
  type = object({
    address         = string
    create_identity = optional(bool, false)
  })

  validation {
    condition     = can(regex(local.plain_address, var.sender.address))
    error_message = "The sender must be a plain email address such as events@example.org, not ${var.sender.address}."
  }
}

variable "destinations" {
  description = "Who receives: destination name → email addresses. Exactly one is the fallback, which receives what names no known destination."
  type = map(object({
    emails   = list(string)
    fallback = optional(bool, false)
  }))

  validation {
    condition     = length([for destination in var.destinations : destination if destination.fallback]) == 1
    error_message = "Exactly one of destinations must be the fallback, so that something always receives."
  }

  validation {
    condition     = alltrue([for destination in var.destinations : length(destination.emails) >= 1 && length(destination.emails) <= 50])
    error_message = "Each of destinations needs 1 to 50 emails, as many as SES takes at once."
  }

  validation {
    condition     = alltrue(flatten([for destination in var.destinations : [for email in destination.emails : can(regex(local.plain_address, email))]]))
    error_message = "These emails in destinations are no plain addresses: ${join(", ", flatten([for destination in var.destinations : [for email in destination.emails : email if !can(regex(local.plain_address, email))]]))}."
  }

  validation {
    condition     = length(jsonencode(var.destinations)) <= 3072
    error_message = "destinations take ${length(jsonencode(var.destinations))} characters of JSON; 3072 fit beside the rest in a function's environment of 4 KB. A mailing list takes less room than its members."
  }
}

variable "functions" {
  description = "Timeout and memory of each function."
  type = object({
    org_resource_event_notification_sender = optional(object({
      timeout_seconds = optional(number, 30)
      memory_mb       = optional(number, 256)
    }), {})
    email_notification_sender = optional(object({
      timeout_seconds = optional(number, 30)
      memory_mb       = optional(number, 256)
    }), {})
  })
  default = {}
}

variable "batch" {
  description = "How many messages a function gets at once, and how long SQS gathers them."
  type = object({
    size           = optional(number, 100)
    window_seconds = optional(number, 1)
  })
  default = {}
}

variable "monitoring" {
  description = "Days the logs are kept, their level, and the topics to alarm when a DLQ fills or a worker falls behind. Without topics: no alarms."
  type = object({
    log_retention_days = optional(number, 30)
    log_level          = optional(string, "INFO")
    alarm_topic_arns   = optional(list(string), [])
  })
  default = {}
}
