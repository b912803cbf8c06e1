variable "queue_name" {
  description = "Name of the queue the policy is for, with the prefix."
  type        = string
}

variable "sender" {
  description = "The AWS service that sends, and the resources it sends for; * in an ARN stands for several of one name. Roles of this account need only their own policy."
  type = object({
    service     = string
    source_arns = list(string)
  })
  default = null
}

variable "readers" {
  description = "Who else empties the queue: account ids, or ARNs of accounts and roles. Roles of this account need only their own policy."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for reader in var.readers : can(regex("^([0-9]{12}|arn:[^:]+:iam::[0-9]{12}:(root|role/.+))$", reader))])
    error_message = "Each of readers must be an account id, or the ARN of an account or a role: ${join(", ", var.readers)}."
  }
}
