variable "name" {
  description = "Name of the rule, without the prefix."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+$", var.name))
    error_message = "A schedule is named by letters, digits and . _ -, not ${var.name}."
  }
}

variable "name_prefix" {
  description = "Goes before the name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "expression" {
  description = "When: rate(5 minutes), or cron(0 8 ? * MON-FRI *) in UTC, which is all that rules know."
  type        = string

  # What Terraform can see; EventBridge itself refuses a cron whose fields make no sense when it is applied.
  validation {
    condition = anytrue([
      can(regex("^rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)$", var.expression)),
      can(regex("^cron\\([0-9*/,-]+ [0-9*/,-]+ ([0-9*/,LW-]+ [0-9A-Z*/,-]+ \\?|\\? [0-9A-Z*/,-]+ [0-9A-Z*/,#-]+) [0-9*/,-]+\\)$", var.expression)),
    ])
    error_message = "A schedule is rate(1 hour), rate(5 minutes) and the like, or cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days; not ${var.expression}."
  }
}

variable "event" {
  description = "What the event says: source, detail-type and detail."
  type = object({
    source      = string
    detail_type = string
    detail      = map(string)
  })

  # In a template these are the brackets of placeholders, and EventBridge knows no escape for them.
  validation {
    condition     = !anytrue([for name, value in var.event.detail : can(regex("[<>]", "${name}${value}"))])
    error_message = "EventBridge can't have < or > in what a schedule says: ${join(", ", [for name, value in var.event.detail : "${name} = ${value}"])}."
  }

  # Every run would be told as the same event, that is once.
  validation {
    condition     = !contains(keys(var.event.detail), "idempotency-key")
    error_message = "A schedule's detail cannot have an idempotency-key: each run is an event of its own."
  }
}

variable "topic_arn" {
  description = "ARN of the topic that takes the event; its policy must let EventBridge publish."
  type        = string
}

variable "dlq_arn" {
  description = "ARN of the queue of what could not be delivered; its policy must take from the rule."
  type        = string
}
