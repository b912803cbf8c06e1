variable "github" {
  description = "The repository that deploys (organisation/repository), and the environment, of GitHub and of `make … ENV=` alike, whose jobs may apply. `subject` is what its tokens call the repository, where that is not its name: docs/deploy.md says how to see it."
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
  description = "That of the deployment (the variable of the same name in its tfvars): the roles may touch what bears its names only."
  type        = string
  default     = ""
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

variable "create_oidc_provider" {
  description = "An account has one provider for GitHub. False where it is there already."
  type        = bool
  default     = true
}

variable "old_state_days" {
  description = "Days for which a state that was written over can be brought back."
  type        = number
  default     = 90

  validation {
    condition     = var.old_state_days >= 7
    error_message = "A state that was written over is kept for 7 days at least: nobody notices sooner."
  }
}
