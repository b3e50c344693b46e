"""The mail that most tests send, and the XML namespaces of the wire contract."""

MAIL = {"To": "ada@recipient.example", "Subject": "s", "Text": "t"}
"""The smallest mail that has everything a mail needs, as a JSON request."""

NAMESPACE = "http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel"
"""The namespace of requests; attachments are in `.Helper`, answers in `.Response` below it."""
HELPER = f"{NAMESPACE}.Helper"
RESPONSE = f"{NAMESPACE}.Response"
TYPES = "http://schemas.servicestack.net/types"
"""The namespace of ErrorResponse and ResponseStatus."""
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
"""DataContractSerializer's own: the ids and references of objects."""
ARRAYS = f"{SERIALIZATION}Arrays"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
