variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topics (module topic_key)."
  type        = string
}

variable "consumer" {
  description = "Timeout and batching window of the standardizer's function, which empties the queue."
  type = object({
    timeout_seconds = number
    window_seconds  = number
  })
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when a DLQ fills or the worker falls behind. Empty: no alarms."
  type        = list(string)
  default     = []
}
