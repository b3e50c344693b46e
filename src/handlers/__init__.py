"""One module per Lambda function: wire the parts, call one use case, translate the result."""
