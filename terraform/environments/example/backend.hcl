# Where the states are; the output `backend` of the stack bootstrap is one that fits. Without this file the states are on
# the machine that applies. Each stack has a state of its name, such as notifications.tfstate: there is no key here.

# The environment's account. With credentials of any other one, nothing is read and nothing is changed.
allowed_account_ids = ["111122223333"]

bucket       = "tfstate-111122223333-eu-central-1"
region       = "eu-central-1"
use_lockfile = true # a second run waits while one is at work; the lock lies beside the state
