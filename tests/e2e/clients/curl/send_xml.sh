curl --fail-with-body -sS "$MAIL_URL/Mail/Send" -H "x-api-key: $MAIL_KEY" \
  -H 'Content-Type: application/xml' --data-binary @- <<XML
<SendMail xmlns="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel">
  <Attachments xmlns:h="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel.Helper">
    <h:Attachment>
      <h:Bytes>JVBERi0xLjcK</h:Bytes>
      <h:Name>invoice.pdf</h:Name>
    </h:Attachment>
  </Attachments>
  <Subject>Ihre Rechnung für März</Subject>
  <Text>Guten Tag, ...</Text>
  <To>Ada Lovelace &lt;ada@recipient.example&gt;</To>
</SendMail>
XML
