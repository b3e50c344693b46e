// Makes every call of npm's @servicestack/client and prints what each of them returned, as JSON.
import { JsonServiceClient } from '@servicestack/client';
import {
    Attachment, CancelMail, FindMails, GetMail, GetStatus, ResendMail, SendMail,
    DeleteWebhook, FindDeliveries, FindWebhooks, ReplayDeliveries, RotateWebhookSecret,
    SaveWebhook, TestWebhook,
} from './dtos.mjs';

function client(basePath) {
    const made = new JsonServiceClient(process.env.MAIL_URL);
    if (basePath !== undefined) made.basePath = basePath;
    made.headers.set('x-api-key', process.env.MAIL_KEY);
    return made;
}

const mail = (Subject, more) => new SendMail({ To: 'ada@recipient.example', Subject, ...more });
const bytes = new Uint8Array([0, 65, 128, 255]);
const attached = { Attachments: [new Attachment({ Name: 'ä.bin', Bytes: bytes })] };
const failure = ({ responseStatus: { errorCode, errors } }) =>
    ({ errorCode, fields: errors.map(error => error.fieldName) });

const shown = ({ succeeded, completed, response }) => ({ succeeded, completed, response });
const seen = ({ Recipients: [{ Address: address }], Attachments, History: [{ Kind: first }] }) =>
    ({ address, files: Attachments.map(({ Name, Size }) => [Name, Size]), first });

async function tell(made) {
    const Url = 'https://orders.example.com/mail-events';
    const Events = ['mail.failed', 'mail.complained'].join();  // No mail of this test causes any.
    const webhook = await made.post(new SaveWebhook({ Name: 'Orders', Url, Events }));
    const { Id } = webhook;
    const changed = await made.post(new SaveWebhook({ Id, Name: 'Other', IncludeRecipients: true }));
    await made.post(new SaveWebhook({ Id, Enabled: false }));
    const disabled = await made.post(new TestWebhook({ Id })).catch(failure);
    await made.post(new SaveWebhook({ Id, Enabled: true }));
    const told = await made.post(new TestWebhook({ Id }));
    const { Deliveries } = await made.get(new FindDeliveries({ Id }));
    const replay = new ReplayDeliveries({ Id, DeliveryId: told.Id, Since: told.At });
    const { Count: replayed } = await made.post(replay);
    const rotated = await made.post(new RotateWebhookSecret({ Id }));
    const { Webhooks } = await made.get(new FindWebhooks());
    await made.post(new DeleteWebhook({ Id }));
    return {
        events: webhook.Events,
        secrets: [webhook, changed, rotated].map(one => !!one.Secret),
        changed: [changed.Name, changed.Enabled, changed.IncludeRecipients],
        disabled,
        deliveries: Deliveries.map(one => one.Type),
        replayed,
        listed: Webhooks.some(one => one.Id === Id),
        gone: await made.post(new DeleteWebhook({ Id })).catch(failure),
    };
}

const answers = {};
for (const [name, made] of [['api', client()], ['reply', client(null)]]) {
    const Reference = `${name}-${Date.now()}`;
    const post = await made.post(mail(`${name} post Grüße`, { ...attached, Reference }));
    const { MessageId } = post;
    const wrong = await made.api(new SendMail({ To: 'nobody', Text: 't' }));
    answers[name] = {
        post,
        api: shown(await made.api(mail(`${name} api`))),
        all: await made.sendAll([mail(`${name} first`), mail(`${name} second`)]),
        oneWay: await made.publish(mail(`${name} publish`)),
        status: await made.get(new GetStatus({ MessageId: post.MessageId })),
        url: await made.postToUrl('/Mail/Send', mail(`${name} url`)),
        wrong: { succeeded: wrong.succeeded, ...failure({ responseStatus: wrong.error }) },
        thrown: await made.post(new SendMail({ To: 'nobody', Text: 't' })).catch(failure),
        lost: await made.get(new GetStatus({ MessageId: 'nothing' })).catch(failure),
        found: (await made.get(new FindMails({ Reference }))).Mails.map(one => one.MessageId),
        whole: seen(await made.get(new GetMail({ MessageId }))),
        resent: await made.post(new ResendMail({ MessageId })),
        cancelled: await made.post(new CancelMail({ MessageId })).catch(failure),
        webhook: await tell(made),
    };
}
console.log(JSON.stringify(answers));
