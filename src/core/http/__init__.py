"""One HTTP request and its answer, apart from what they are about."""
