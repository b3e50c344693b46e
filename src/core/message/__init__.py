"""What a mail is and what can become of it: pure rules, without AWS and without HTTP."""
