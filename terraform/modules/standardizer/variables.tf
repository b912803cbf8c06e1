variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "package_dir" {
  description = "Folder of the zips that `make package` builds."
  type        = string
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

variable "batch" {
  description = "How many messages the function gets at once, and how long SQS gathers them."
  type = object({
    size           = number
    window_seconds = number
  })
}

variable "monitoring" {
  description = "Days the log is kept, and its level."
  type = object({
    log_retention_days = number
    log_level          = string
  })
}

variable "permissions_boundary_arn" {
  description = "The boundary of the functions' roles, if they have one."
  type        = string
  default     = null
}
