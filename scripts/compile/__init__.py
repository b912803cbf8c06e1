"""What people write as YAML, checked and compiled to what the functions and Terraform read."""
