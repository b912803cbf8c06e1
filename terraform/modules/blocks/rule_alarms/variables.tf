variable "name" {
  description = "How the alarms' names begin: the rule's name, with the prefix, or where other buses have rules of that name, one with the bus in it."
  type        = string
}

variable "rule" {
  description = "The EventBridge rule to watch: its name and, unless that is the default bus, its bus."
  type = object({
    name = string
    bus  = optional(string)
  })
}

variable "topic_arns" {
  description = "Topics that receive the alarms and their ends. Empty: no alarms."
  type        = list(string)
}
