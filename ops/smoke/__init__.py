"""`smoke`: what the service promises its callers, tried on a stack from outside.

It sends some thirty mails, to SES's mailbox simulator only, which takes them in the sandbox too and
is never suppressed. It changes nothing else; the mails go as all others do when their time is over.
"""
