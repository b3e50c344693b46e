"""What a million mails cost: metered calls, sizes and times, and a dated list of prices."""
