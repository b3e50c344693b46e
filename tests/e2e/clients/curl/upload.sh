curl --fail-with-body -sS "$MAIL_URL/Mail/Send" -H "x-api-key: $MAIL_KEY" \
  -F 'To=Ada Lovelace <ada@recipient.example>' \
  -F 'Subject=Ihre Rechnung für März' \
  -F 'Text=Guten Tag, ...' \
  -F 'file=@invoice.pdf;type=application/pdf'
