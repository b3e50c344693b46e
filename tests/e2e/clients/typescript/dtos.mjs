// The service's types, as ServiceStack generates them at /types/typescript, less their annotations.

export class Attachment {
    constructor(init) { Object.assign(this, init); }
}

export class SendResponse {
    constructor(init) { Object.assign(this, init); }
}

// @Route("/Mail/Send", "POST")
export class SendMail {
    constructor(init) { Object.assign(this, init); }
    getTypeName() { return 'SendMail'; }
    getMethod() { return 'POST'; }
    createResponse() { return new SendResponse(); }
}

// @Route("/Status", "GET")
export class GetStatus {
    constructor(init) { Object.assign(this, init); }
    getTypeName() { return 'GetStatus'; }
    getMethod() { return 'GET'; }
    createResponse() { return new SendResponse(); }
}
