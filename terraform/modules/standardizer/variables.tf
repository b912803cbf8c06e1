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

variable "queue" {
  description = "The queue of AWS service events (output `queue` of module event_source)."
  type = object({
    arn                        = string
    visibility_timeout_seconds = number
    dlq = object({
      arn = string
      url = string
    })
  })
}

variable "topics" {
  description = "The topics of standard messages, and the policies to publish there, by message version (output `standard_topics` of module fan_out)."
  type = map(object({
    arn            = string
    publish_policy = string
  }))
}

variable "routing" {
  description = "Where the routing is, and the policy to read it (output `object` of module routing)."
  type = object({
    bucket      = string
    sha256      = string
    read_policy = string
  })
}

variable "enricher" {
  description = "The table of tags, and the policy to read tags (module enricher)."
  type = object({
    table_name = string
    policy     = string
  })
}

variable "function" {
  description = "Timeout and memory of AwsServiceEventHandler."
  type = object({
    timeout_seconds = number
    memory_mb       = number
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
