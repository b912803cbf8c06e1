variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topics (module topic_key)."
  type        = string
}

variable "publishers" {
  description = "Who else publishes standard messages: account ids, or ARNs of accounts and roles. From outside this account they need to be `publishers` of the key too."
  type        = list(string)
  default     = []
}

variable "consumer" {
  description = "Timeout and batching window of the notifier's function, which empties the messaging queue."
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
