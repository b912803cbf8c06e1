variable "name" {
  description = "Name of the queue, without the prefix."
  type        = string
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

variable "alarm_topic_arns" {
  description = "Topics to alarm when a DLQ fills or the worker falls behind. Empty: no alarms."
  type        = list(string)
  default     = []
}
