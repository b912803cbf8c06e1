output "object" {
  description = "Where the functions read the routing: the bucket, the SHA-256 that names the object (routing/<sha256>.json), and the IAM policy (JSON) a role needs for it."
  value = {
    # The object's, so that nobody is told of it before it is there.
    bucket      = aws_s3_object.this.bucket
    sha256      = local.sha256
    read_policy = data.aws_iam_policy_document.read.json
  }
}

output "owners" {
  description = "Owner name → whether it has a queue and a topic of its own, and who else may use them."
  value = {
    for name, owner in jsondecode(file(var.files.compiled)).owners :
    name => { queue = owner.queue, topic = owner.topic, consumers = owner.consumers }
  }
}
