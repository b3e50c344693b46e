"""The mail service itself: facts, edges and use cases, in three flat rings."""
