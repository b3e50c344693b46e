// ServiceStack's own types of an error, as its assemblies declare them.
using System.Collections.Generic;
using System.Runtime.Serialization;

[DataContract(Namespace = "http://schemas.servicestack.net/types")]
public class ErrorResponse
{
    [DataMember(Order = 1)] public ResponseStatus ResponseStatus { get; set; }
}

[DataContract(Namespace = "http://schemas.servicestack.net/types")]
public class ResponseStatus
{
    [DataMember(Order = 1)] public string ErrorCode { get; set; }
    [DataMember(Order = 2)] public string Message { get; set; }
    [DataMember(Order = 3)] public string StackTrace { get; set; }
    [DataMember(Order = 4)] public List<ResponseError> Errors { get; set; }
    [DataMember(Order = 5)] public Dictionary<string, string> Meta { get; set; }
}

[DataContract(Namespace = "http://schemas.servicestack.net/types")]
public class ResponseError
{
    [DataMember(Order = 1)] public string ErrorCode { get; set; }
    [DataMember(Order = 2)] public string FieldName { get; set; }
    [DataMember(Order = 3)] public string Message { get; set; }
    [DataMember(Order = 4)] public Dictionary<string, string> Meta { get; set; }
}
