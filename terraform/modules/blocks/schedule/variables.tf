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
  description = "When: rate(5 minutes), or cron(0 8 ? * MON-FRI *) in UTC; rules have no other time zone."
  type        = string

  # The syntax. EventBridge refuses a cron with impossible values when it is applied.
  validation {
    condition = anytrue([
      can(regex("^rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)$", var.expression)),
      can(regex("^cron\\([0-9*/,-]+ [0-9*/,-]+ ([0-9*/,LW-]+ [0-9A-Z*/,-]+ \\?|\\? [0-9A-Z*/,-]+ [0-9A-Z*/,#-]+) [0-9*/,-]+\\)$", var.expression)),
    ])
    error_message = "A schedule is rate(1 hour), rate(5 minutes) and the like, or cron(minutes hours day-of-month month day-of-week year) with ? for one of the two days; not ${var.expression}."
  }
}

variable "event" {
  description = "Content of the event: source, detail-type and detail."
  type = object({
    source      = string
    detail_type = string
    detail      = map(string)
  })

  # In a template these are the brackets of placeholders, and EventBridge has no escape for them.
  validation {
    condition     = !anytrue([for name, value in var.event.detail : can(regex("[<>]", "${name}${value}"))])
    error_message = "EventBridge cannot have < or > in a schedule's detail: ${join(", ", [for name, value in var.event.detail : "${name} = ${value}"])}."
  }

  # Every run would be a duplicate of the first one.
  validation {
    condition     = !contains(keys(var.event.detail), "idempotency-key")
    error_message = "A schedule's detail cannot have an idempotency-key: each run is a new event."
  }
}

variable "topic_arn" {
  description = "ARN of the topic that receives the event; its policy must let EventBridge publish."
  type        = string
}

variable "dlq_arn" {
  description = "ARN of the DLQ for events that could not be delivered; its policy must let the rule send."
  type        = string
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when the event cannot be delivered. Empty: no alarms."
  type        = list(string)
  default     = []
}
