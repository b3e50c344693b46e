"""The mail service itself: facts, services and use cases, in three flat rings."""
