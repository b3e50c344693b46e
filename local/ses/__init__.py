"""A simulator of Amazon SES v2: it accepts mails, keeps them, and publishes their events."""
