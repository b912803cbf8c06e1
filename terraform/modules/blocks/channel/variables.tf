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
    timeout_seconds = optional(number, 60)
    memory_mb       = optional(number, 256)
  })
}

variable "pacing" {
  description = "How fast the channel hands notifications to its provider: targets in a second, and in 24 hours (null: any number); how many batches of a queue it handles at a time; how many notifications a batch holds."
  type = object({
    rate        = number
    quota       = optional(number)
    concurrency = number
    batch_size  = number
  })

  validation {
    condition     = var.pacing.rate > 0
    error_message = "The channel ${var.name} must be allowed to send something: more than 0 a second, not ${var.pacing.rate}."
  }

  validation {
    condition     = var.pacing.quota == null || coalesce(var.pacing.quota, 1) >= 1
    error_message = "The channel ${var.name} must be allowed to send something: at least 1 in 24 hours, not ${coalesce(var.pacing.quota, 0)}. Without a limit the quota is null."
  }

  # What is received has to be sent before it comes back, and every receive counts.
  validation {
    condition     = var.pacing.batch_size <= max(1, floor(5 * var.pacing.rate))
    error_message = "A batch of the channel ${var.name} holds ${var.pacing.batch_size} notifications, and at ${var.pacing.rate} a second it sends ${max(1, floor(5 * var.pacing.rate))} in 5 s: no batch may be larger."
  }

  validation {
    condition     = var.pacing.batch_size <= 0.75 * var.function.timeout_seconds * var.pacing.rate
    error_message = "At ${var.pacing.rate} a second the channel ${var.name} sends ${floor(0.75 * var.function.timeout_seconds * var.pacing.rate)} notifications within three quarters of its function's timeout of ${var.function.timeout_seconds} s, and a batch holds ${var.pacing.batch_size}: give the function more time, or the channel a higher rate."
  }
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
