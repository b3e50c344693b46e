curl --fail-with-body -sS "$MAIL_URL/json/oneway/SendMail" -H "x-api-key: $MAIL_KEY" \
  -H 'Content-Type: application/json' -H 'Expect: 100-continue' -d '{
    "To": "Ada Lovelace <ada@recipient.example>",
    "Subject": "Ihre Rechnung für März",
    "Text": "Guten Tag, ...",
    "Attachments": [{"Name": "invoice.pdf", "Bytes": "JVBERi0xLjcK"}]
  }'
