variable "queue_name" {
  description = "Name of the queue to watch, with the prefix."
  type        = string
}

variable "metric" {
  description = "SQS metric to watch: ApproximateNumberOfMessagesVisible or ApproximateAgeOfOldestMessage."
  type        = string

  validation {
    condition     = contains(["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"], var.metric)
    error_message = "metric must be ApproximateNumberOfMessagesVisible or ApproximateAgeOfOldestMessage, not ${var.metric}."
  }
}

variable "threshold" {
  description = "The alarm goes off above this value."
  type        = number
}

variable "meaning" {
  description = "What it means when the alarm goes off, for the person on call."
  type        = string
}

variable "topic_arns" {
  description = "Topics that receive the alarm and its end."
  type        = list(string)
}
