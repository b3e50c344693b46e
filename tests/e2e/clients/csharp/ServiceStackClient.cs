// As much of ServiceStack's client as the documentation's program names, to compile it and not to run it.
using System;
using System.Collections.Generic;
using System.Collections.Specialized;

namespace ServiceStack
{
    public class JsonServiceClient
    {
        public JsonServiceClient(string baseUri) { }
        public NameValueCollection Headers { get { throw new NotSupportedException(); } }
        public TResponse Post<TResponse>(string relativeOrAbsoluteUrl, object request) { throw new NotSupportedException(); }
    }

    public class WebServiceException : Exception
    {
        public int StatusCode { get; set; }
        public string ErrorCode { get { throw new NotSupportedException(); } }
        public string ErrorMessage { get { throw new NotSupportedException(); } }
        public List<ResponseError> GetFieldErrors() { throw new NotSupportedException(); }
    }
}
