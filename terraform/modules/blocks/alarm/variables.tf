variable "name" {
  description = "Name of what is watched, with the prefix; that of the metric follows it in the alarm's name."
  type        = string
}

variable "metric" {
  description = "Metric to watch, of SQS, SNS, Lambda, EventBridge or our functions; the message of its validation lists them."
  type        = string

  validation {
    condition     = contains(keys(local.metrics), var.metric)
    error_message = "metric must be one of ${join(", ", keys(local.metrics))}; not ${var.metric}."
  }
}

variable "dimensions" {
  description = "What is watched, by CloudWatch's dimension: QueueName, TopicName, FunctionName or RuleName, the latter beside EventBusName unless the rule is on the default bus."
  type        = map(string)
}

variable "threshold" {
  description = "The alarm goes off above this value."
  type        = number
  default     = 0
}

variable "minutes" {
  description = "The alarm goes off when the metric was above the threshold in `above` of the last `of` minutes."
  type = object({
    above = number
    of    = number
  })
  default = { above = 1, of = 1 }
}

variable "meaning" {
  description = "What it means when the alarm goes off, for the person on call."
  type        = string
}

variable "topic_arns" {
  description = "Topics that receive the alarm and its end."
  type        = list(string)
}
