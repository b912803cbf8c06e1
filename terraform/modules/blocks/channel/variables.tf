variable "name" {
  description = "Name of the channel, in small letters: email, chat."
  type        = string
}

variable "filtered" {
  description = "Whether SNS drops what does not name this channel in the message attribute `channels`, without a trace where the attribute is absent. False where notifications without it are delivered: the function then skips those of other channels."
  type        = bool
  default     = true
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

variable "topic_arn" {
  description = "ARN of the topic of notifications."
  type        = string
}

variable "routing" {
  description = "Where the routing is, and the policy to read it (output `object` of module routing)."
  type = object({
    bucket      = string
    sha256      = string
    read_policy = string
  })
}

variable "sent_table" {
  description = "The table of sent records: name and ARN."
  type = object({
    name = string
    arn  = string
  })
}

variable "function" {
  description = "The channel's function: what it does, in one sentence for the console; IAM policy (JSON) of its provider; environment variables beside those that every channel has; timeout and memory."
  type = object({
    description     = string
    permissions     = string
    environment     = map(string)
    timeout_seconds = optional(number, 30)
    memory_mb       = optional(number, 256)
  })
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
