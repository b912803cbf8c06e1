variable "name_prefix" {
  description = "Goes before the alias, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "publishers" {
  description = "Who outside this account publishes to a topic under this key: account ids, or ARNs of accounts and roles."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for publisher in var.publishers : can(regex("^([0-9]{12}|arn:[^:]+:iam::[0-9]{12}:(root|role/.+))$", publisher))])
    error_message = "Each of publishers must be an account id, or the ARN of an account or a role: ${join(", ", var.publishers)}."
  }
}
