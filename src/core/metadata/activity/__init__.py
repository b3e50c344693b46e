"""The page that shows what has become of mails: its files, which are sent as they are."""
