variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topics (module topic_key)."
  type        = string
}

variable "message_versions" {
  description = "Versions of the standard message that are published, each to its own topic and queues."
  type        = list(string)

  validation {
    condition     = length(var.message_versions) > 0 && length(setsubtract(var.message_versions, ["1", "2"])) == 0
    error_message = "message_versions must be \"1\", \"2\" or both, not [${join(", ", var.message_versions)}]."
  }

  validation {
    condition     = length(distinct(var.message_versions)) == length(var.message_versions)
    error_message = "message_versions names a version twice: ${join(", ", var.message_versions)}."
  }
}

variable "sender_version" {
  description = "The version of which the notifier reads the messaging queue. Null: the highest of message_versions."
  type        = string
  default     = null

  validation {
    condition     = var.sender_version == null || contains(var.message_versions, coalesce(var.sender_version, "none"))
    error_message = "sender_version must be one of message_versions (${join(", ", var.message_versions)}), not ${coalesce(var.sender_version, "null")}."
  }
}

variable "publishers" {
  description = "Who else publishes standard messages, of any version: account ids, or ARNs of accounts and roles. From outside this account they need to be `publishers` of the key too."
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
