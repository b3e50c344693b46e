"""What is measured: functions, their packages and environment, and the requests they get."""
