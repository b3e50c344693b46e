"""The service itself in virtual time, against a token bucket: how well it uses SES's rate."""
