import { readFile } from 'node:fs/promises';

const file = await readFile('invoice.pdf');
const reply = await fetch(`${process.env.MAIL_URL}/Mail/Send`, {
    method: 'POST',
    headers: { 'x-api-key': process.env.MAIL_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({
        To: 'Ada Lovelace <ada@recipient.example>',
        Subject: 'Ihre Rechnung für März',
        Text: 'Guten Tag, ...',
        Attachments: [{ Name: 'invoice.pdf', Bytes: file.toString('base64') }],
    }),
});
const answer = await reply.json();
if (!reply.ok || answer.Status === 'failed') throw new Error(answer.ErrorMessage);
const messageId = answer.MessageId;
