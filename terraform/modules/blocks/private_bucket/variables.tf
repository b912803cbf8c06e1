variable "name" {
  description = "Name of the bucket, with the prefix (output `buckets` of module names)."
  type        = string
}

variable "tags" {
  description = "Tags of the bucket, beside the provider's default tags."
  type        = map(string)
  default     = null
}
