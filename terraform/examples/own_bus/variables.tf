variable "package_dir" {
  description = "Folder of what a release carries or `make package` builds, and of the compiled routing."
  type        = string
  default     = "../../../dist"
}
