// Original file: proto/postern/authenticate/v1/authenticate.proto


export interface RedeemTicketRequest__Input {
  'ticket'?: (string);
  'host'?: (string);
  'signInBinding'?: (string);
}

export interface RedeemTicketRequest {
  'ticket': (string);
  'host': (string);
  'signInBinding': (string);
}
