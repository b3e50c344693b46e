// Reads every kind of answer with .NET's own DataContractSerializer and prints what it found.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.Serialization;
using CommunicationHub.APIModel;
using CommunicationHub.APIModel.Helper;
using CommunicationHub.APIModel.Response;
using CommunicationHub.APIModel.Webhooks;

static class Program
{
    static readonly string Url = Environment.GetEnvironmentVariable("MAIL_URL");
    static readonly HttpClient Client = new HttpClient();

    static void Main()
    {
        Client.DefaultRequestHeaders.Add("x-api-key", Environment.GetEnvironmentVariable("MAIL_KEY"));
        Client.DefaultRequestHeaders.Accept.ParseAdd("application/xml");
        var bytes = Enumerable.Range(0, 256).Select(number => (byte)number).ToArray();
        var mail = new SendMail
        {
            From = "sender@example.com",
            To = "ada@recipient.example",
            Subject = "Grüße & <tag> \u65e5\u672c",
            Text = "one\r\ntwo\n  three  ",
            Attachments = new List<Attachment> { new Attachment { Name = "ä.bin", Bytes = bytes } },
        };
        var sent = Post<SendResponse>("/Mail/Send", mail);
        Print("sent", sent);
        Print("reply", Post<SendResponse>("/xml/reply/SendMail", mail));
        Print("status", Read<SendResponse>(Client.GetAsync(Url + "/Status?MessageId=" + sent.MessageId)));
        foreach (var one in Post<List<SendResponse>>("/xml/reply/SendMail[]", new List<SendMail> { mail, mail }))
            Print("batch", one);
        var refused = Post<ErrorResponse>("/Mail/Send", new SendMail { To = "nobody", Subject = "s" });
        Console.WriteLine("refused {0} {1}", refused.ResponseStatus.ErrorCode, refused.ResponseStatus.Message);
        foreach (var error in refused.ResponseStatus.Errors)
            Console.WriteLine("error {0} {1} {2}", error.FieldName, error.ErrorCode, error.Message);
        var late = new List<SendMail> { mail, new SendMail { To = "nobody", Subject = "s" } };
        var stopped = Post<ErrorResponse>("/xml/reply/SendMail[]", late);
        Console.WriteLine("stopped {0}", stopped.ResponseStatus.Meta["AutoBatchIndex"]);
        Tell();
    }

    static void Tell()
    {
        var made = Post<Webhook>("/Webhook", new SaveWebhook
        {
            Name = "Orders", Url = "https://orders.example.com/mail-events", Events = "mail.failed, mail.complained",
        });
        var path = "/Webhook/" + made.Id;
        var renamed = Post<Webhook>("/Webhook", new SaveWebhook { Id = made.Id, Name = "Other" });
        var off = Post<Webhook>("/Webhook", new SaveWebhook { Id = made.Id, Enabled = false });
        var on = Post<Webhook>("/Webhook", new SaveWebhook { Id = made.Id, Enabled = true });
        var told = Post<WebhookDelivery>(path + "/Test", new TestWebhook { Id = made.Id });
        var found = Read<FoundDeliveries>(Client.GetAsync(Url + path + "/Deliveries"));
        var replayed = Post<ReplayedDeliveries>(path + "/Replay", new ReplayDeliveries { DeliveryId = told.Id });
        var rotated = Post<Webhook>(path + "/Secret", new RotateWebhookSecret());
        var listed = Read<FoundWebhooks>(Client.GetAsync(Url + "/Webhook"));
        Post<Webhook>(path + "/Delete", new DeleteWebhook());
        Console.WriteLine("webhook {0} {1} {2}", string.Join("+", made.Events), made.Secret.Length, rotated.Secret.Length);
        Console.WriteLine("changed {0} {1} {2} {3}", renamed.Name, renamed.Enabled, off.Enabled, on.Enabled);
        Console.WriteLine("told {0} {1} {2}", found.Deliveries.Single().Type, found.Deliveries[0].Id == told.Id, replayed.Count);
        Console.WriteLine("listed {0}", listed.Webhooks.Any(one => one.Id == made.Id));
    }

    static T Post<T>(string path, object request)
    {
        var written = new MemoryStream();
        new DataContractSerializer(request.GetType()).WriteObject(written, request);
        var content = new ByteArrayContent(written.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
        return Read<T>(Client.PostAsync(Url + path, content));
    }

    static T Read<T>(System.Threading.Tasks.Task<HttpResponseMessage> reply)
    {
        var body = reply.GetAwaiter().GetResult().Content.ReadAsStreamAsync().GetAwaiter().GetResult();
        return (T)new DataContractSerializer(typeof(T)).ReadObject(body);
    }

    static void Print(string name, SendResponse answer)
    {
        Console.WriteLine(
            "{0} {1} {2} {3} {4} {5} {6} {7} {8}", name, answer.MessageId, answer.Sender, answer.Receiver,
            answer.Status, answer.ErrorMessage ?? "null", answer.Configuration, answer.Retry, answer.RetryCount);
    }
}
