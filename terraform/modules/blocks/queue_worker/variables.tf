variable "name" {
  description = "Name of the function in CamelCase, without the prefix. Its folder and zip are called the same in snake_case."
  type        = string
}

variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "description" {
  description = "What the function does, in one sentence for the console."
  type        = string
}

variable "package_dir" {
  description = "Folder of the zips that `make package` builds."
  type        = string
}

variable "queue" {
  description = "The queue the function empties, and the DLQ it parks in (output `queue` of module subscribed_queue)."
  type = object({
    arn                        = string
    visibility_timeout_seconds = number
    dlq = object({
      arn = string
      url = string
    })
  })

  validation {
    condition     = var.queue.visibility_timeout_seconds >= 6 * var.function.timeout_seconds + var.batch.window_seconds
    error_message = "The queue hides a message for ${var.queue.visibility_timeout_seconds} s, but 6 × function timeout + batching window is ${6 * var.function.timeout_seconds + var.batch.window_seconds} s: a message could be delivered again while it is being worked on."
  }
}

variable "permissions" {
  description = "IAM policy (JSON) of what the function does, besides its log, queue and DLQ."
  type        = string
}

variable "environment" {
  description = "Environment variables of the function, besides those every worker gets."
  type        = map(string)
}

variable "function" {
  description = "Timeout and memory of the function."
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

  validation {
    condition     = var.batch.size <= 10 || var.batch.window_seconds >= 1
    error_message = "A batch of ${var.batch.size} messages needs a window of at least 1 s; without one SQS gives 10 at most."
  }
}

variable "monitoring" {
  description = "Days the log is kept, and its level."
  type = object({
    log_retention_days = number
    log_level          = string
  })

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.monitoring.log_level)
    error_message = "The log level must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not ${var.monitoring.log_level}."
  }
}

variable "permissions_boundary_arn" {
  description = "The boundary of the function's role, if it has one."
  type        = string
  default     = null
}
