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

variable "topic_key_arn" {
  description = "ARN of the key that encrypts the topic (module topic_key)."
  type        = string
}

variable "publishers" {
  description = "Principals that may also publish notifications: account ids, or ARNs of accounts and roles. From outside this account they must be `publishers` of the key too."
  type        = list(string)
  default     = []
}

variable "standard_messages" {
  description = "The queue of standard messages to make notifications from (output `messaging_queue` of module fan_out), what reads the tags of their resources (module enricher), and timeout and memory of the function that makes them. Null deploys the layer alone: other processes publish the notifications."
  type = object({
    queue = object({
      arn                        = string
      visibility_timeout_seconds = number
      dlq = object({
        arn = string
        url = string
      })
    })
    enricher = object({
      table_name = string
      policy     = string
    })
    function = object({
      timeout_seconds = number
      memory_mb       = number
    })
  })
  default = null
}

variable "sender" {
  description = "The address that mails come from. create_identity makes SES verify that address: leave it false where its domain is verified, as the address would override the domain. How many recipients SES takes from the account in a second, and in 24 hours (null: any number). Which SES sends: its region (null: the deployment's), the ARN of the sender's identity where another account owns it, a configuration set."
  type = object({
    address         = string
    create_identity = optional(bool, false)
    rate            = optional(number, 1)
    quota           = optional(number)
    ses = optional(object({
      region            = optional(string)
      identity_arn      = optional(string)
      configuration_set = optional(string)
    }), {})
  })

  validation {
    condition     = can(regex(local.plain_address, var.sender.address))
    error_message = "The sender must be a plain email address such as events@example.org, not ${var.sender.address}."
  }

  validation {
    condition     = var.sender.rate > 0 && var.sender.rate <= 10000
    error_message = "mail_rate is how many recipients SES takes from the account in a second, more than 0 and up to 10000; not ${var.sender.rate}. mail_quota is for 24 hours."
  }

  validation {
    condition     = var.sender.quota == null || coalesce(var.sender.quota, 1) >= 1
    error_message = "mail_quota is how many recipients SES takes from the account in 24 hours, at least 1; not ${coalesce(var.sender.quota, 0)}. Where SES sets no limit, which it writes as -1, mail_quota is null."
  }

  validation {
    condition     = var.sender.ses.region == null || can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.sender.ses.region))
    error_message = "ses.region is a region such as eu-central-1, not ${coalesce(var.sender.ses.region, "null")}."
  }

  validation {
    condition     = var.sender.ses.identity_arn == null || can(regex(local.identity, var.sender.ses.identity_arn))
    error_message = "ses.identity_arn is the ARN of an identity of SES, arn:…:ses:<region>:<account>:identity/<domain or address>, not ${coalesce(var.sender.ses.identity_arn, "null")}."
  }

  # https://docs.aws.amazon.com/ses/latest/dg/sending-authorization-delegate-sender-tasks-email.html
  validation {
    condition = contains(
      ["*", coalesce(var.sender.ses.region, var.account.region)],
      try(regex(local.identity, var.sender.ses.identity_arn).region, "*"),
    )
    error_message = "The identity ${coalesce(var.sender.ses.identity_arn, "null")} is for SES of its region, and mails are sent by that of ${coalesce(var.sender.ses.region, var.account.region)}: ses.region must be the identity's."
  }

  validation {
    condition     = !var.sender.create_identity || (var.sender.ses.region == null && var.sender.ses.identity_arn == null)
    error_message = "create_sender_identity makes an identity in the deployment's account and region, and with ses.region or ses.identity_arn mails come from another one: leave one of them out."
  }
}

variable "routing" {
  description = "Where the routing is, and the policy to read it (output `object` of module routing)."
  type = object({
    bucket      = string
    sha256      = string
    read_policy = string
  })
}

variable "functions" {
  description = "Timeout and memory of the channels' functions, by folder; without an entry 60 s and 256 MB."
  type = map(object({
    timeout_seconds = number
    memory_mb       = number
  }))
  default = {}
}

variable "worker" {
  description = "Settings that all functions share; see module queue_worker."
  type = object({
    package_dir = string
    batch = object({
      size           = number
      window_seconds = number
    })
    monitoring = object({
      log_retention_days = number
      log_level          = string
      alarm_topic_arns   = optional(list(string), [])
    })
    permissions_boundary_arn = optional(string)
    role_path                = optional(string)
    vpc = optional(object({
      subnet_ids         = list(string)
      security_group_ids = list(string)
    }))
  })
}
