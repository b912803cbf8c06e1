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

variable "queue" {
  description = "The queue the function empties, and the DLQ it parks in (output `this` of module subscribed_queue)."
  type = object({
    arn                        = string
    visibility_timeout_seconds = number
    dlq = object({
      arn = string
      url = string
    })
  })

  validation {
    condition     = var.queue.visibility_timeout_seconds >= 6 * var.function.timeout_seconds + var.worker.batch.window_seconds
    error_message = "The queue hides a message for ${var.queue.visibility_timeout_seconds} s, but 6 × function timeout + batching window is ${6 * var.function.timeout_seconds + var.worker.batch.window_seconds} s: a message could be delivered again while it is being worked on."
  }
}

variable "urgent_queue" {
  description = "A second queue that the function empties, so that what is urgent waits behind nothing else; it parks these messages in the DLQ of `queue` too. Null: there is none."
  type = object({
    arn                        = string
    visibility_timeout_seconds = number
  })
  default = null

  validation {
    condition     = var.urgent_queue == null || try(var.urgent_queue.visibility_timeout_seconds, 0) >= 6 * var.function.timeout_seconds + var.worker.batch.window_seconds
    error_message = "The urgent queue hides a message for ${try(var.urgent_queue.visibility_timeout_seconds, 0)} s, but 6 × function timeout + batching window is ${6 * var.function.timeout_seconds + var.worker.batch.window_seconds} s: a message could be delivered again while it is being worked on."
  }
}

variable "permissions" {
  description = "IAM policy (JSON) of what the function may do, beside using its log, queue and DLQ."
  type        = string
}

variable "environment" {
  description = "Environment variables of the function, beside those that every worker has."
  type        = map(string)
}

variable "function" {
  description = "Timeout and memory of the function."
  type = object({
    timeout_seconds = number
    memory_mb       = number
  })
}

variable "after" {
  description = "What has to be deployed before the function is, such as the outputs `rollout` of other workers: whoever sends new messages comes after whoever reads them."
  type        = any
  default     = null
}

variable "worker" {
  description = "Settings that all functions share: the folder of the zips that `make package` builds; how many messages a function receives at once, how many seconds SQS gathers them, and how many batches of one queue it handles at a time (null: as many as Lambda starts); days the log is kept, its level, and topics to alarm; the boundary and the path of the functions' roles, and the subnets and security groups of a VPC, where there are any."
  type = object({
    package_dir = string
    batch = object({
      size                = number
      window_seconds      = number
      maximum_concurrency = optional(number)
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

  validation {
    condition     = var.worker.batch.size <= 10 || var.worker.batch.window_seconds >= 1
    error_message = "A batch of ${var.worker.batch.size} messages needs a window of at least 1 s; without one SQS gives 10 at most."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/API_ScalingConfig.html
  validation {
    condition     = var.worker.batch.maximum_concurrency == null || contains(range(2, 1001), coalesce(var.worker.batch.maximum_concurrency, 2))
    error_message = "Lambda handles 2 to 1000 batches of a queue at a time, in whole numbers, not ${coalesce(var.worker.batch.maximum_concurrency, 2)}."
  }

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.worker.monitoring.log_level)
    error_message = "The log level must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not ${var.worker.monitoring.log_level}."
  }

  validation {
    condition     = var.worker.role_path == null || can(regex("^/([!-.0-~]+/)*$", coalesce(var.worker.role_path, "/")))
    error_message = "A role's path begins and ends with /, such as /teams/events/; not ${coalesce(var.worker.role_path, "null")}."
  }

  validation {
    condition = var.worker.vpc == null || (
      length(try(var.worker.vpc.subnet_ids, [])) > 0 && length(try(var.worker.vpc.security_group_ids, [])) > 0
      && alltrue([for id in try(var.worker.vpc.subnet_ids, []) : startswith(id, "subnet-")])
      && alltrue([for id in try(var.worker.vpc.security_group_ids, []) : startswith(id, "sg-")])
    )
    error_message = "A VPC takes ids of subnets (subnet-…) and of security groups (sg-…), at least one of each."
  }
}
