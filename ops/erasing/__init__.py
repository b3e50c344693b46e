"""What removes an address or a message from a stack: from its table, its bucket, its queues."""
