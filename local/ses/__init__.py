"""Amazon SES v2 on this machine: takes mail, keeps it, and publishes its events."""
