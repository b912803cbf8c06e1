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

variable "owners" {
  description = "Owners with a dedicated queue or topic of version 2's messages about their resources: owner name → whether each exists, and the principals outside this account that may read them (account ids, or ARNs of accounts and roles)."
  type = map(object({
    queue     = bool
    topic     = bool
    consumers = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.owners) : can(regex("^[a-z0-9][a-z0-9_-]{0,31}$", name))])
    error_message = "An owner's name takes up to 32 small letters, digits, - and _, a letter or digit first: ${join(", ", [for name in keys(var.owners) : name if !can(regex("^[a-z0-9][a-z0-9_-]{0,31}$", name))])}."
  }

  validation {
    condition     = length([for owner in var.owners : owner if owner.queue]) <= 200
    error_message = "${length([for owner in var.owners : owner if owner.queue])} owners have a dedicated queue, each with a filter, and SNS allows 200 filters a topic: give some a topic instead, or the common queue."
  }

  validation {
    condition     = length([for owner in var.owners : owner if owner.topic]) <= 200
    error_message = "${length([for owner in var.owners : owner if owner.topic])} owners have a dedicated topic, and 200 may: give some a queue instead, or the common topic."
  }

  validation {
    condition     = contains(var.message_versions, "2") || length([for owner in var.owners : owner if owner.queue || owner.topic]) == 0
    error_message = "Only version 2 has owners, and message_versions is ${join(", ", var.message_versions)}: add \"2\", or give these neither queue nor topic: ${join(", ", [for name, owner in var.owners : name if owner.queue || owner.topic])}."
  }
}

variable "publishers" {
  description = "Principals that may also publish standard messages, of any version: account ids, or ARNs of accounts and roles. From outside this account they must be `publishers` of the key too."
  type        = list(string)
  default     = []
}

variable "consumer" {
  description = "The notifier's function, which empties the messaging queue: name without the prefix, timeout and batching window."
  type = object({
    function        = string
    timeout_seconds = number
    window_seconds  = number
  })
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when a DLQ fills or the worker falls behind. Empty: no alarms."
  type        = list(string)
  default     = []
}
