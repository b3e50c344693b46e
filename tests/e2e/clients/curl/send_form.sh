curl --fail-with-body -sS "$MAIL_URL/Mail/Send" -H "x-api-key: $MAIL_KEY" \
  --data-urlencode 'To=Ada Lovelace <ada@recipient.example>' \
  --data-urlencode 'Subject=Ihre Rechnung für März' \
  --data-urlencode 'Text=Guten Tag, ...' \
  --data-urlencode 'Attachments=[{Name:invoice.pdf,Bytes:JVBERi0xLjcK}]'
