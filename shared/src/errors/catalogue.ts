interface CatalogueEntry {
  /** The HTTP status people and programs see. */
  readonly http: number
  /** Whether trying again can help. */
  readonly retryable: boolean
  /** What happened, for the person in front of the browser. Never an internal text. */
  readonly says: string
  /** What that person can do. */
  readonly advice: string
}

/**
 * Every error that leaves a service: one stable code, one status, one sentence. Details stay in the log.
 * `docs/errors.md` is checked against this table.
 */
export const catalogue = {
  REQUEST_AMBIGUOUS: {
    http: 400,
    retryable: false,
    says: 'The request could be read in more than one way, so it was refused.',
    advice: 'Check the address for backslashes, encoded slashes or stray characters.',
  },
  REQUEST_URI_TOO_LONG: {
    http: 414,
    retryable: false,
    says: 'The address is too long.',
    advice: 'Shorten the address.',
  },
  REQUEST_HEADERS_TOO_LARGE: {
    http: 431,
    retryable: false,
    says: 'The browser sent too many or too large headers.',
    advice: 'Clear the cookies of this site and try again.',
  },
  REQUEST_BODY_TOO_LARGE: {
    http: 413,
    retryable: false,
    says: 'The request is larger than this address accepts.',
    advice: 'Send less.',
  },
  REQUEST_TIMEOUT: {
    http: 408,
    retryable: false,
    says: 'The request took too long to arrive.',
    advice: 'Check the connection and try again.',
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    retryable: false,
    says: 'This address does not accept that method.',
    advice: 'Use one of the methods that the Allow header names.',
  },
  ROUTE_NOT_FOUND: {
    http: 404,
    retryable: false,
    says: 'There is no application at this address.',
    advice: 'Check the address for typing mistakes.',
  },
  MISDIRECTED_REQUEST: {
    http: 421,
    retryable: false,
    says: 'This connection does not lead to that address.',
    advice: 'Open the address on a connection of its own.',
  },
  PAGE_NOT_FOUND: {
    http: 404,
    retryable: false,
    says: 'There is no page at this address.',
    advice: 'Check the address for typing mistakes.',
  },
  UPGRADE_NOT_ALLOWED: {
    http: 400,
    retryable: false,
    says: 'This application does not accept WebSocket connections here.',
    advice: 'Ask the operator to set allow_websockets on the route.',
  },
  SIGN_IN_REQUIRED: {
    http: 401,
    retryable: false,
    says: 'Sign-in is required.',
    advice: 'Open the sign-in address in a browser.',
  },
  ACCESS_DENIED: {
    http: 403,
    retryable: false,
    says: 'You are signed in, but the policy of this application does not let you in.',
    advice: 'Ask the owner of the application for access, or sign in as somebody else.',
  },
  BEARER_TOKEN_REFUSED: {
    http: 401,
    retryable: false,
    says: 'The bearer token is not accepted here.',
    advice: 'Send a token that was made for this address by somebody it trusts, and that is still good.',
  },
  CLIENT_CERTIFICATE_REQUIRED: {
    http: 495,
    retryable: false,
    says: 'This application asks for a client certificate, and none came that it accepts.',
    advice:
      'Choose the certificate that you were given for it. Browsers ask again after a restart, or in a private window.',
  },
  CREDENTIALS_AMBIGUOUS: {
    http: 400,
    retryable: false,
    says: 'The request shows a bearer token and a session at once.',
    advice: 'Send one of the two.',
  },
  SIGN_IN_LINK_INVALID: {
    http: 400,
    retryable: false,
    says: 'This sign-in link was changed on its way, has expired, or was not made here.',
    advice: 'Open the application again and start from there.',
  },
  RETURN_TO_REFUSED: {
    http: 400,
    retryable: false,
    says: 'The address to return to does not belong to an application behind this proxy.',
    advice: 'Open the application again and start from there.',
  },
  FLOW_MISMATCH: {
    http: 400,
    retryable: false,
    says: 'This sign-in was not started in this browser, or was already finished.',
    advice: 'Open the application again and start from there.',
  },
  FLOW_EXPIRED: {
    http: 400,
    retryable: false,
    says: 'The sign-in took too long.',
    advice: 'Open the application again and start from there.',
  },
  SIGN_IN_LOOP: {
    http: 400,
    retryable: false,
    says: 'The sign-in went round in circles and was stopped.',
    advice: 'Check that the browser accepts cookies from this site, then start again.',
  },
  TICKET_INVALID: {
    http: 400,
    retryable: false,
    says: 'The last step of the sign-in was already used, has expired, or belongs to another browser or site.',
    advice: 'Open the application again and start from there.',
  },
  LOGOUT_TOKEN_INVALID: {
    http: 400,
    retryable: false,
    says: 'The logout token does not prove that somebody signed out.',
    advice: 'Send a new one, signed for this client.',
  },
  IDP_DECLINED: {
    http: 403,
    retryable: false,
    says: 'The identity provider did not sign you in.',
    advice: 'Start again, or ask the administrator of the identity provider.',
  },
  IDP_REJECTED_CODE: {
    http: 400,
    retryable: false,
    says: 'The identity provider did not accept the last step of the sign-in.',
    advice: 'Open the application again and start from there.',
  },
  IDP_CLAIMS_REFUSED: {
    http: 403,
    retryable: false,
    says: 'What the identity provider said about you could not be accepted.',
    advice: 'Start again. If it stays, give the request id to the operator.',
  },
  IDP_AUTHENTICATION_INSUFFICIENT: {
    http: 403,
    retryable: false,
    says: 'You signed in at the identity provider too long ago, or not in the way that is asked for here.',
    advice: 'Sign out at the identity provider, then start again and go through every step that it offers.',
  },
  IDP_UNAVAILABLE: {
    http: 503,
    retryable: true,
    says: 'The identity provider does not answer.',
    advice: 'Try again in a moment.',
  },
  IDP_MISCONFIGURED: {
    http: 502,
    retryable: false,
    says: 'The identity provider does not accept this installation as its client.',
    advice: 'Give the request id to the operator: client id, client secret or callback address may be wrong.',
  },
  AUTHENTICATE_UNAVAILABLE: {
    http: 503,
    retryable: true,
    says: 'The sign-in service does not answer.',
    advice: 'Try again in a moment.',
  },
  PDP_UNAVAILABLE: {
    http: 503,
    retryable: true,
    says: 'Access could not be checked.',
    advice: 'Try again in a moment. You are still signed in.',
  },
  PDP_DEADLINE: {
    http: 503,
    retryable: true,
    says: 'Checking access took too long.',
    advice: 'Try again in a moment. You are still signed in.',
  },
  PDP_ROUTE_UNKNOWN: {
    http: 503,
    retryable: true,
    says: 'Access could not be checked, because a new configuration is just being rolled out.',
    advice: 'Try again in a moment.',
  },
  SESSION_STORE_UNAVAILABLE: {
    http: 503,
    retryable: true,
    says: 'Your session could not be read.',
    advice: 'Try again in a moment. You are still signed in.',
  },
  TOKEN_MINT_FAILED: {
    http: 502,
    retryable: true,
    says: 'The application could not be called, because no Google identity token could be had for it.',
    advice: 'Try again in a moment. If it stays, give the request id to the operator.',
  },
  TOKEN_MINT_FORBIDDEN: {
    http: 502,
    retryable: false,
    says: 'The application could not be called, because Google refused an identity token for it.',
    advice: 'Give the request id to the operator.',
  },
  UPSTREAM_REFUSED_TOKEN: {
    http: 502,
    retryable: false,
    says: 'Google did not let this proxy call the application.',
    advice:
      'Give the request id to the operator: the log says whether the token or the Cloud Run Invoker role was missing.',
  },
  UPSTREAM_UNREACHABLE: {
    http: 502,
    retryable: true,
    says: 'The application could not be reached.',
    advice: 'Try again in a moment.',
  },
  UPSTREAM_PROTOCOL: {
    http: 502,
    retryable: false,
    says: 'The application answered in a way that could not be understood.',
    advice: 'Give the request id to the operator.',
  },
  UPSTREAM_TIMEOUT: {
    http: 504,
    retryable: true,
    says: 'The application took too long to answer.',
    advice: 'Try again in a moment.',
  },
  UPSTREAM_RESET: {
    http: 502,
    retryable: true,
    says: 'The application broke off before it answered.',
    advice: 'Try again in a moment.',
  },
  LOOP_DETECTED: {
    http: 508,
    retryable: false,
    says: 'The route leads back to this proxy.',
    advice: 'Give the request id to the operator.',
  },
  DRAINING: {
    http: 503,
    retryable: true,
    says: 'This instance is shutting down.',
    advice: 'Try again at once.',
  },
  CONFIG_INVALID: {
    http: 500,
    retryable: false,
    says: 'The configuration is wrong.',
    advice: 'Give the request id to the operator.',
  },
  CALLER_REFUSED: {
    http: 403,
    retryable: false,
    says: 'This caller may not call this service.',
    advice: 'Check the client certificate and the allowed client names.',
  },
  INTERNAL: {
    http: 500,
    retryable: false,
    says: 'Something went wrong on our side.',
    advice: 'Try again. If it stays, give the request id to the operator.',
  },
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof catalogue

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(catalogue, text)
}
