output "object" {
  description = "Where the functions read the routing: the bucket, the SHA-256 that names the object (routing/<sha256>.json), and the IAM policy (JSON) a role needs for it."
  value = {
    # From the object's resource, so that no function receives the name before the object exists.
    bucket      = aws_s3_object.rollout[local.sha256].bucket
    sha256      = local.sha256
    read_policy = data.aws_iam_policy_document.read.json
  }
}

output "owners" {
  description = "Owner name → whether it has a dedicated queue and topic, and the principals that may use them."
  value = {
    for name, owner in jsondecode(file(var.files.compiled)).owners :
    name => { queue = owner.queue, topic = owner.topic, consumers = owner.consumers }
  }
}
