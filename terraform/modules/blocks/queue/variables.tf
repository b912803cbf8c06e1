variable "name" {
  description = "Name of the queue, without the prefix."
  type        = string
}

variable "name_prefix" {
  description = "Goes before the name, so that several deployments fit in one account."
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

variable "retention_days" {
  description = "Days the queue keeps a message; SQS allows 14."
  type        = number
  default     = 14
}

variable "visibility_timeout_seconds" {
  description = "Seconds for which SQS hides a message that somebody received."
  type        = number
  default     = 30
}

variable "redrive" {
  description = "After how many receives SQS moves a message to which DLQ (its ARN). Null for a DLQ."
  type = object({
    dlq_arn           = string
    max_receive_count = number
  })
  default = null
}

variable "dlq_of" {
  description = "The queue, without the prefix, that may move its exhausted messages here. Null: none may, as in a queue that is no DLQ, or one of a subscription or a rule."
  type        = string
  default     = null
}

variable "sender" {
  description = "The AWS service that sends, and the ARNs of the resources it sends for, in which * is allowed. Roles of this account need only their own policy."
  type = object({
    service     = string
    source_arns = list(string)
  })
  default = null
}

variable "readers" {
  description = "Principals outside this account that may empty the queue: account ids, or ARNs of accounts and roles. Roles of this account need only their own policy."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for reader in var.readers : can(regex(module.names.principal, reader))])
    error_message = "Each of readers must be an account id, or the ARN of an account or a role: ${join(", ", var.readers)}."
  }
}
