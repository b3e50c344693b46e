"""`make bench`: the deployed package beside the least that could do its job, and the usual way."""
