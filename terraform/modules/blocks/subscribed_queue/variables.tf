variable "name" {
  description = "Name of the queue, without the prefix."
  type        = string

  validation {
    condition     = length("${var.name_prefix}${var.name}SubscriptionDLQ") <= 80
    error_message = "SQS takes names of up to 80 characters, and ${var.name_prefix}${var.name}SubscriptionDLQ has ${length("${var.name_prefix}${var.name}SubscriptionDLQ")}: shorten name_prefix, or what the queue is named after."
  }
}

variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "topic_arn" {
  description = "ARN of the topic the queue subscribes to."
  type        = string
}

variable "filter_policy" {
  description = "Message attributes a message must have to get in: name → accepted values. Null lets everything in."
  type        = map(list(string))
  default     = null
}

variable "consumer" {
  description = "Timeout and batching window of the function that empties the queue. `present` is false while it empties another queue instead: this one is ready for it, and its age alarms nobody. Null when nobody here ever does: the queue then builds up, keeps its messages as long as SQS allows, and its age alarms nobody."
  type = object({
    timeout_seconds = number
    window_seconds  = number
    present         = optional(bool, true)
  })
  default = null
}

variable "readers" {
  description = "Who else empties the queue: account ids, or ARNs of accounts and roles. Not its DLQs, which are ours to mend."
  type        = list(string)
  default     = []
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when a DLQ fills or the worker falls behind. Empty: no alarms."
  type        = list(string)
  default     = []
}
