variable "name_prefix" {
  description = "Goes before every name, so that several deployments fit in one account. A bucket's name has it in small letters and with - for _, so two deployments must differ by more than that."
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

variable "files" {
  description = "The routing as `make routing-check` compiled it (a JSON file), and the YAML file it was compiled from."
  type = object({
    compiled = string
    source   = string
  })

  # Terraform makes owners' queues from the compiled file, people review the source: both must have one content.
  validation {
    condition     = try(jsondecode(file(var.files.compiled)).source_sha256 == filesha256(var.files.source), false)
    error_message = fileexists(var.files.compiled) ? "${var.files.compiled} is older than ${var.files.source}: run `make routing-check`." : "There is no ${var.files.compiled}: run `make routing-check`."
  }
}
