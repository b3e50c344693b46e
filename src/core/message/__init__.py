"""What a mail is and what can become of it: pure functions, without AWS and without HTTP."""
