curl --fail-with-body -sS "$MAIL_URL/Mail/Send" -H "x-api-key: $MAIL_KEY" \
  -H 'Content-Type: application/json' -d '{
    "To": "Ada Lovelace <ada@recipient.example>",
    "Subject": "Ihre Rechnung für März",
    "Text": "Guten Tag, ...",
    "Attachments": [{"Name": "invoice.pdf", "Bytes": "JVBERi0xLjcK"}]
  }'
