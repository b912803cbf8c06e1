variable "github" {
  description = "The repository that deploys (organisation/repository), and the environment, of GitHub and of `make … ENV=` alike, whose jobs may apply. `subject` is the repository's name in its tokens, where that is another one: docs/deploy.md shows how to see it."
  type = object({
    repository  = string
    environment = string
    subject     = optional(string)
  })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is organisation/repository, not ${var.github.repository}."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.github.environment))
    error_message = "github.environment takes letters, digits, - and _, as ENV does; not ${var.github.environment}."
  }

  # A colon would add a part to the subject, and so name something else than a repository.
  validation {
    condition     = var.github.subject == null || can(regex("^[A-Za-z0-9@-]+/[A-Za-z0-9@._-]+$", var.github.subject))
    error_message = "github.subject is what stands between \"repo:\" and the next colon, such as octo-org@1234/octo-repo@5678; not ${coalesce(var.github.subject, "null")}."
  }
}

variable "name_prefix" {
  description = "The deployment's name_prefix, as in its tfvars: the roles may touch only what has this prefix."
  type        = string
  default     = ""

  # A bucket's name begins with it.
  validation {
    condition     = can(regex("^([A-Za-z0-9][A-Za-z0-9_-]*)?$", var.name_prefix))
    error_message = "name_prefix takes letters, digits, - and _, a letter or digit first; not ${var.name_prefix}."
  }
}

variable "sender_addresses" {
  description = "The deployment's sender_address, or patterns that it matches (`*@example.org`): its functions may mail from no other, whatever their own policies grant."
  type        = set(string)

  validation {
    condition     = length(var.sender_addresses) > 0 && alltrue([for address in var.sender_addresses : can(regex("^[^@\\s]+@[^@\\s*?]+\\.[^@\\s*?]+$", address))])
    error_message = "sender_addresses takes addresses as SES knows them, with * before the @ at most, such as infra-events@example.org or *@example.org; not ${join(", ", var.sender_addresses)}."
  }
}

variable "buses" {
  description = "Names of the deployment's event buses (the keys of the variable of the same name in its tfvars): apply may make no others."
  type        = set(string)
  default     = ["OrgInfrastructure"]

  # A star would stand for buses of others.
  validation {
    condition     = alltrue([for bus in var.buses : can(regex("^(aws\\.partner/[A-Za-z0-9_./-]+|[A-Za-z0-9_.-]+)$", bus)) && bus != "default"])
    error_message = "buses takes names as the deployment does, letters, digits and . _ - or aws.partner/…, and never the default bus: ${join(", ", var.buses)}."
  }
}

variable "channels" {
  description = "Channels of the deployment: apply may make functions of these only."
  type        = set(string)
  default     = ["email"]
}

variable "stacks" {
  description = "Stacks that plan and apply deploy: they read and write the states of these only."
  type        = set(string)
  default     = ["notifications"]

  # The bootstrap's own state binds the roles.
  validation {
    condition     = alltrue([for stack in var.stacks : can(regex("^[a-z0-9_]+$", stack)) && stack != "bootstrap"])
    error_message = "stacks takes folders of terraform/stacks, and never bootstrap: ${join(", ", var.stacks)}."
  }
}

variable "role_path" {
  description = "The deployment's role_path, as in its tfvars: apply may make roles of this path only."
  type        = string
  default     = "/"

  # A star would stand for roles of others.
  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "A role's path begins and ends with /, such as /teams/events/; not ${var.role_path}."
  }
}

variable "vpc" {
  description = "Whether the deployment's functions are in a VPC: they may then have network interfaces."
  type        = bool
  default     = false
}

variable "create_oidc_provider" {
  description = "An account has one provider for GitHub. False where it is there already."
  type        = bool
  default     = true
}

variable "old_state_days" {
  description = "Days for which an overwritten state can be restored."
  type        = number
  default     = 90

  validation {
    condition     = var.old_state_days >= 7
    error_message = "An overwritten state is kept for 7 days at least: nobody notices sooner."
  }
}
