# Copy this and routing.yaml to terraform/environments/<environment>. These are the variables of the stack notifications.
# The first two are required; the rest shows the defaults.

# SES must know this address or, better, its domain.
sender_address = "infra-events@example.org"

# Topics to alarm when events are lost, wait in a DLQ or are late, such as ["arn:…:on-call"]: with [] nobody learns of it.
# They should lead elsewhere than through infra-events. Beside it log_retention_days = 30 and log_level = "INFO".
monitoring = { alarm_topic_arns = [] }

# name_prefix      = ""        # before every name, for a second deployment in the account
# services         = ["ec2"]   # whose events come in; the catalogue's files are named after them, and iam, for one, reports in us-east-1 alone
# buses            = { OrgInfrastructure = { accounts = [], archive_days = 30, log_retention_days = 7 } } # docs/sources.md
# schedules        = {}        # { weekly = { schedule = "cron(0 8 ? * MON *)", detail = { task = "rotate" } } }, in UTC
# heartbeat        = null      # { rate_minutes = 5, alarm_after_minutes = 15, channel = "email" }: a drill that goes the whole way
# message_versions = ["1", "2"]
# sender_version   = "2"       # from which people are notified; docs/versions.md shows how to move

# Accounts or roles elsewhere that publish straight to a topic.
# publishers = {
#   standard_messages = [] # to OrgResourceEvents and OrgResourceEventsV2
#   notifications     = [] # to OrgResourceEventsNotification
# }

# functions = { email_notification_sender = { timeout_seconds = 60, memory_mb = 256 } } # and so on; 30 s for the others
# batch     = { size = 100, window_seconds = 1 } # of functions that mail nobody; the mailer's follows from mail_rate

# create_sender_identity = false # true has SES verify the address itself; it would override a verified domain

# Recipients that SES takes from the account in a second and in 24 hours; `make plan` reads the first from the account.
# mail_rate  = 1    # what SES allows in the sandbox
# mail_quota = null # any number
# ses        = {}   # { region = "eu-west-1", identity_arn = "arn:…:identity/example.org", configuration_set = "events" }: docs/deploy.md

# permissions_boundary_arn = null # from CI: the output of that name of the stack bootstrap

# role_path = null # of the functions' roles, such as "/teams/events/"
# vpc       = null # { subnet_ids = ["subnet-…"], security_group_ids = ["sg-…"] }: the functions' VPC, with a way to AWS
# topic_key = null # { arn = "arn:…:key/…" }: an existing key for the topics, whose policy must let EventBridge use it
