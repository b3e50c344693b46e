curl --fail-with-body -sS "$MAIL_URL/json/reply/SendMail%5B%5D" -H "x-api-key: $MAIL_KEY" \
  -H 'Content-Type: application/json' -d '[
    {"To": "ada@recipient.example", "Subject": "Hello", "Text": "Dear Ada, ..."},
    {"To": "bob@recipient.example", "Subject": "Hello", "Text": "Dear Bob, ..."}
  ]'
