variable "name" {
  description = "Name of the queue, without the prefix."
  type        = string

  validation {
    condition     = length("${var.name_prefix}${var.name}${local.longest_suffix}") <= 80
    error_message = "SQS takes names of up to 80 characters, and ${var.name_prefix}${var.name}${local.longest_suffix} has ${length("${var.name_prefix}${var.name}${local.longest_suffix}")}: shorten name_prefix, or what the queue is named after."
  }
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
  description = "ARN of the topic the queue subscribes to."
  type        = string
}

variable "filter_policy" {
  description = "Message attributes by which the subscription selects messages: name → accepted values. Null accepts every message."
  type        = map(list(string))
  default     = null
}

variable "subscription_dlq" {
  description = "The DLQ for what the topic can't deliver to this queue, where it is that of another queue of the topic with the same messages. Null: the queue gets a separate one."
  type = object({
    arn = string
  })
  default = null
}

variable "consumer" {
  description = "The function that empties the queue: its name without the prefix, its timeout and its batching window. `present` is false while it empties another queue instead: this one is ready for it and has no alarm for age. Null for a machine queue: it keeps messages as long as SQS allows and has no alarm for age."
  type = object({
    function        = string
    timeout_seconds = number
    window_seconds  = number
    present         = optional(bool, true)
  })
  default = null
}

variable "readers" {
  description = "Principals outside this account that may empty the queue, though not its DLQs: account ids, or ARNs of accounts and roles."
  type        = list(string)
  default     = []
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when a DLQ fills or the worker falls behind. Empty: no alarms."
  type        = list(string)
  default     = []
}
