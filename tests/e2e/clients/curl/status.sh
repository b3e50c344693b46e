curl --fail-with-body -sS "$MAIL_URL/Status?MessageId=$MESSAGE_ID" -H "x-api-key: $MAIL_KEY"
