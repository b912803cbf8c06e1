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

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topic (module topic_key)."
  type        = string
}

variable "publishers" {
  description = "Principals that may also publish notifications: account ids, or ARNs of accounts and roles. From outside this account they must be `publishers` of the key too."
  type        = list(string)
  default     = []
}

variable "standard_messages" {
  description = "The queue of standard messages to make notifications from (output `messaging_queue` of module fan_out), what reads the tags of their resources (module enricher), and timeout and memory of the function that makes them. Null deploys the layer alone: other processes publish the notifications."
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
    function = object({
      timeout_seconds = number
      memory_mb       = number
    })
  })
  default = null
}

variable "sender" {
  description = "The address that mails come from. create_identity makes SES verify that address: leave it false where its domain is verified, as the address would override the domain."
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
  description = "Timeout and memory of the channels' functions, by folder; without an entry 30 s and 256 MB."
  type = map(object({
    timeout_seconds = number
    memory_mb       = number
  }))
  default = {}
}

variable "worker" {
  description = "Settings that all functions share; see module queue_worker."
  type = object({
    package_dir = string
    batch = object({
      size           = number
      window_seconds = number
    })
    monitoring = object({
      log_retention_days = number
      log_level          = string
      alarm_topic_arns   = optional(list(string), [])
    })
    permissions_boundary_arn = optional(string)
    role_path                = optional(string)
    vpc = optional(object({
      subnet_ids         = list(string)
      security_group_ids = list(string)
    }))
  })
}
