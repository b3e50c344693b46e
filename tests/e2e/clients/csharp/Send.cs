using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.Serialization;
using CommunicationHub.APIModel;
using CommunicationHub.APIModel.Helper;
using CommunicationHub.APIModel.Response;

static class Program
{
    static void Main()
    {
        var mail = new SendMail
        {
            To = "Ada Lovelace <ada@recipient.example>",
            Subject = "Ihre Rechnung für März",
            Text = "Guten Tag, ...",
            Attachments = new List<Attachment>
            {
                new Attachment { Name = "invoice.pdf", Bytes = File.ReadAllBytes("invoice.pdf") },
            },
        };
        var written = new MemoryStream();
        new DataContractSerializer(typeof(SendMail)).WriteObject(written, mail);

        var client = new HttpClient();
        client.DefaultRequestHeaders.Add("x-api-key", Environment.GetEnvironmentVariable("MAIL_KEY"));
        client.DefaultRequestHeaders.Accept.ParseAdd("application/xml");
        var content = new ByteArrayContent(written.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
        var url = Environment.GetEnvironmentVariable("MAIL_URL") + "/Mail/Send";
        var reply = client.PostAsync(url, content).GetAwaiter().GetResult();
        var body = reply.Content.ReadAsStreamAsync().GetAwaiter().GetResult();
        if (!reply.IsSuccessStatusCode) throw new Exception(new StreamReader(body).ReadToEnd());

        var answer = (SendResponse)new DataContractSerializer(typeof(SendResponse)).ReadObject(body);
        if (answer.Status == Status.failed) throw new Exception(answer.ErrorMessage);
    }
}
