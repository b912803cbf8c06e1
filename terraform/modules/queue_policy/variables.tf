variable "queue_name" {
  description = "Name of the queue the policy is for, with the prefix."
  type        = string
}

variable "sender" {
  description = "The AWS service that sends, and the one resource it sends for; * in its ARN stands for several of one name. Roles of this account need only their own policy."
  type = object({
    service    = string
    source_arn = string
  })
  default = null
}
