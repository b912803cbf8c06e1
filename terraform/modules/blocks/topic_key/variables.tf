variable "name_prefix" {
  description = "Goes before the alias, so that several deployments fit in one account."
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

variable "publishers" {
  description = "Principals outside this account that publish to a topic under this key: account ids, or ARNs of accounts and roles."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for publisher in var.publishers : can(regex(module.names.principal, publisher))])
    error_message = "Each of publishers must be an account id, or the ARN of an account or a role: ${join(", ", var.publishers)}."
  }
}
