// The service's types, as ServiceStack generates them at /types/csharp, without its own.
using System.Collections.Generic;

namespace CommunicationHub.APIModel
{
    using CommunicationHub.APIModel.Helper;

    public class GetStatus
    {
        public string MessageId { get; set; }
    }

    public class SendMail
    {
        public string Domain { get; set; }
        public string From { get; set; }
        public string FromName { get; set; }
        public string To { get; set; }
        public string ReceiverName { get; set; }
        public string CC { get; set; }
        public string BCC { get; set; }
        public string Subject { get; set; }
        public string Text { get; set; }
        public string HTML { get; set; }
        public List<Attachment> Attachments { get; set; }
        public string Reference { get; set; }
    }
}

namespace CommunicationHub.APIModel.Helper
{
    public class Attachment
    {
        public byte[] Bytes { get; set; }
        public string Name { get; set; }
        public string ContentType { get; set; }
    }
}

namespace CommunicationHub.APIModel.Response
{
    public class SendResponse
    {
        public string MessageId { get; set; }
        public string Sender { get; set; }
        public string Receiver { get; set; }
        public Status Status { get; set; }
        public string ErrorMessage { get; set; }
        public string Configuration { get; set; }
        public bool Retry { get; set; }
        public int RetryCount { get; set; }
    }

    public enum Status
    {
        accepted,
        queued,
        sending,
        sent,
        failed,
        delivered,
        undelivered,
        receiving,
        received,
        read,
        pickedup,
        unknown,
    }
}
