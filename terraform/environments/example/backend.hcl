# Copy to <environment>.tfbackend; the output `backend` of the stack bootstrap is one that fits. Without it the state is
# on the machine that applies.

# The environment's account. With credentials of any other one, nothing is read and nothing is changed.
allowed_account_ids = ["111122223333"]

bucket       = "tfstate-111122223333-eu-central-1"
key          = "notifications.tfstate"
region       = "eu-central-1"
use_lockfile = true # a second run waits while one is at work; the lock lies beside the state
