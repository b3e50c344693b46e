"""What several suites share: stand-ins for AWS, recorded events, and the parts of requests."""
