variable "name" {
  description = "Name of the topic, without the prefix."
  type        = string
}

variable "name_prefix" {
  description = "Goes before the name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "key_arn" {
  description = "ARN of the customer-managed key that encrypts the topic (module topic_key)."
  type        = string
}

variable "publishers" {
  description = "What the topic's own policy lets publish: AWS services, and principals (account ids, ARNs of accounts and roles). Roles of this account need only `publish_policy`."
  type = object({
    services   = optional(list(string), [])
    principals = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = alltrue([for principal in var.publishers.principals : can(regex(module.names.principal, principal))])
    error_message = "Each of publishers must be an account id, or the ARN of an account or a role: ${join(", ", var.publishers.principals)}."
  }
}

variable "subscribers" {
  description = "Principals outside this account that may subscribe: account ids, or ARNs of accounts and roles. They need no right on the key, as SNS decrypts before it delivers. Roles of this account need only their own policy."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for subscriber in var.subscribers : can(regex(module.names.principal, subscriber))])
    error_message = "Each of subscribers must be an account id, or the ARN of an account or a role: ${join(", ", var.subscribers)}."
  }
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when SNS can deliver a message neither to a subscribed queue nor to the DLQ of its subscription. Empty: no alarms."
  type        = list(string)
  default     = []
}
