curl -sS "$MAIL_URL/Mail/Send" -H "x-api-key: $MAIL_KEY" -H 'Content-Type: application/json' \
  -d '{"To": "ada", "Attachments": [{"Name": "setup.exe", "Bytes": "JVBERi0xLjcK"}]}'
