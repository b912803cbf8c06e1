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
  description = "Where standard messages wait to be put into words (output `messaging_queue` of module fan_out), and what reads the tags of what they are about (module enricher). Null deploys the layer alone: other processes publish the notifications."
  type = object({
    queue = object({
      arn                        = string
      visibility_timeout_seconds = number
      dlq = object({
        arn = string
        url = string
      })
    })
    enricher = object({
      table_name = string
      policy     = string
    })
  })
  default = null
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

variable "routing" {
  description = "Where the routing is, and the policy to read it (output `object` of module routing)."
  type = object({
    bucket      = string
    sha256      = string
    read_policy = string
  })
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

variable "permissions_boundary_arn" {
  description = "The boundary of the functions' roles, if they have one."
  type        = string
  default     = null
}
