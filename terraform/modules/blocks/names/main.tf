# Names that more than one module or stack has to know: who makes a thing, who finds it, who may touch it.
locals {
  # S3 allows small letters, digits and - only. Account and region, because a bucket's name is taken in all accounts
  # and regions at once.
  bucket_prefix = lower(replace(var.name_prefix, "_", "-"))
  bucket_suffix = var.account == null ? null : "${var.account.id}-${var.account.region}"

  # Names of archives are unique in an account and region, so an archive has the prefix even where its bus cannot.
  long_archive_names = { for bus in var.buses : bus => replace("${var.name_prefix}${bus}", "/", "-") }
}
