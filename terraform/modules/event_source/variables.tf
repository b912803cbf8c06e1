variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account."
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

variable "services" {
  description = "AWS services whose events come in, by their names in the catalogue. Each takes a rule or a few of the 300 that a bus may have unless AWS raises the limit."
  type        = list(string)

  validation {
    condition     = length(setsubtract(var.services, keys(local.catalogue.services))) == 0
    error_message = "The catalogue does not know ${join(", ", setsubtract(var.services, keys(local.catalogue.services)))}; it knows ${join(", ", keys(local.catalogue.services))}."
  }

  validation {
    condition     = length(setintersection(var.services, keys(local.elsewhere))) == 0
    error_message = "No rule in ${var.account.region} ever receives events of ${join(" or ", [for service in setintersection(var.services, keys(local.elsewhere)) : "${service} (they come up in ${join(", ", local.elsewhere[service])}${length(local.elsewhere[service]) == 0 ? "other partitions" : ""} only)"])}: leave it out of services here, and name it in a deployment there."
  }
}

variable "catalogue" {
  description = "The catalogue as `make package` compiled it (a JSON file), and the folder of YAML files it was compiled from."
  type = object({
    compiled = string
    source   = string
  })

  # The function's zip holds the entries of the same compilation: a rule must not match an event that it cannot read.
  validation {
    condition = try(
      jsondecode(file(var.catalogue.compiled)).digest ==
      sha256(join("", [for name in sort(fileset(var.catalogue.source, "*.yaml")) : filesha256("${var.catalogue.source}/${name}")])),
      false,
    )
    error_message = fileexists(var.catalogue.compiled) ? "${var.catalogue.compiled} was not compiled from the present files of ${var.catalogue.source}: run `make package`." : "There is no ${var.catalogue.compiled}: run `make package`."
  }
}

variable "buses" {
  description = "Event buses beside the default one, by name; aws.partner/… is a partner's. To each: other accounts that may put events there, and for how many days events are archived (0: without end) and logged."
  type = map(object({
    accounts           = optional(list(string), [])
    archive_days       = optional(number, 30)
    log_retention_days = optional(number, 7)
  }))
  default = {}
}

variable "schedules" {
  description = "Events at set times, by name: rate(…) or cron(…) in UTC, and what the event's detail holds beside that name."
  type = map(object({
    schedule = string
    detail   = optional(map(string), {})
  }))
  default = {}
}

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topics (module topic_key)."
  type        = string
}

variable "consumer" {
  description = "The standardizer's function, which empties the queue: name without the prefix, timeout and batching window."
  type = object({
    function        = string
    timeout_seconds = number
    window_seconds  = number
  })
}

variable "alarm_topic_arns" {
  description = "Topics to alarm when a DLQ fills or the worker falls behind. Empty: no alarms."
  type        = list(string)
  default     = []
}
