variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
  type        = string
  default     = ""
}

variable "rhythm" {
  description = "Minutes from one heartbeat to the next, and minutes without a delivered one after which the alarm goes off."
  type = object({
    rate_minutes        = optional(number, 5)
    alarm_after_minutes = optional(number, 15)
  })
  default = {}

  validation {
    condition     = var.rhythm.rate_minutes >= 1 && var.rhythm.rate_minutes == floor(var.rhythm.rate_minutes)
    error_message = "EventBridge counts whole minutes, from 1: rate_minutes can't be ${var.rhythm.rate_minutes}."
  }

  # One heartbeat may be late and one may be lost.
  validation {
    condition     = var.rhythm.alarm_after_minutes > 2 * var.rhythm.rate_minutes
    error_message = "alarm_after_minutes must be more than twice rate_minutes: ${var.rhythm.alarm_after_minutes} is not more than 2 × ${var.rhythm.rate_minutes}."
  }

  validation {
    condition     = var.rhythm.alarm_after_minutes <= 1440 && var.rhythm.alarm_after_minutes == floor(var.rhythm.alarm_after_minutes)
    error_message = "CloudWatch looks back a day at most, in whole minutes: alarm_after_minutes can't be ${var.rhythm.alarm_after_minutes}."
  }
}

variable "event_source" {
  description = "Where the heartbeat enters: the topic of AWS service events, and its rules' DLQ."
  type = object({
    topic_arn = string
    dlq_arn   = string
  })
}

variable "function_name" {
  description = "Name of the function that delivers the heartbeat and writes the metric."
  type        = string
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when no heartbeat is delivered. Empty: no alarms."
  type        = list(string)
  default     = []
}
