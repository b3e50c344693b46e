"""What callers see: the types and operations of the contract, its errors and its limits."""
