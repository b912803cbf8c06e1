variable "name" {
  description = "Name of the queue, without the prefix."
  type        = string
}

variable "name_prefix" {
  description = "Goes before the name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "retention_days" {
  description = "Days a message stays, counted from its first enqueue (also in a DLQ)."
  type        = number
}

variable "visibility_timeout_seconds" {
  description = "Seconds a received message stays hidden from other receivers."
  type        = number
  default     = 30
}

variable "redrive" {
  description = "Where a message goes that was received too often, and how often is too often. Null for a DLQ."
  type = object({
    dlq_arn           = string
    max_receive_count = number
  })
  default = null
}

variable "sender" {
  description = "The AWS service that sends, and the one resource it sends for. Roles of this account need only their own policy."
  type = object({
    service    = string
    source_arn = string
  })
  default = null
}
