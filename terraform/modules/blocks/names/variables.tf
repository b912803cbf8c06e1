variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "account" {
  description = "The account to deploy to: its id, region and partition; only `buckets` needs it."
  type = object({
    id        = string
    region    = string
    partition = string
  })
  default = null
}

variable "buses" {
  description = "Event buses beside the default one, by name without the prefix."
  type        = set(string)
  default     = []
}

variable "channels" {
  description = "Channels by name; each has a function and a queue."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.channels : can(regex("^[a-z]+$", channel))])
    error_message = "A channel has a name of small letters: ${join(", ", var.channels)}."
  }
}
