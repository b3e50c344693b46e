"""`make deploy`: everything between a domain's name and a stack that sends, without a question."""
