import { readFile } from 'node:fs/promises';
import { JsonServiceClient } from '@servicestack/client';
import { Attachment, GetStatus, SendMail } from './dtos.mjs';

const client = new JsonServiceClient(process.env.MAIL_URL);
client.headers.set('x-api-key', process.env.MAIL_KEY);
const file = await readFile('invoice.pdf');
const sent = await client.api(new SendMail({
    To: 'Ada Lovelace <ada@recipient.example>',
    Subject: 'Ihre Rechnung für März',
    Text: 'Guten Tag, ...',
    Attachments: [new Attachment({ Name: 'invoice.pdf', Bytes: file.toString('base64') })],
}));
if (!sent.succeeded) throw new Error(sent.error.errors.map(e => `${e.fieldName}: ${e.message}`));
const status = (await client.get(new GetStatus({ MessageId: sent.response.MessageId }))).Status;
