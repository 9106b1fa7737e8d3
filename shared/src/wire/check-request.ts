import { PosternError } from '../errors/postern-error.ts'
import type {
  CheckRequest,
  CheckRequest__Input as CheckRequestInput,
} from '../gen/postern/authorize/v1/CheckRequest.ts'
import type { ClientCertificate as ClientCertificateMessage } from '../gen/postern/authorize/v1/ClientCertificate.ts'
import type { Header, Header__Input as HeaderInput } from '../gen/postern/authorize/v1/Header.ts'
import type {
  _postern_authorize_v1_SessionCredential_Carrier as CarrierName,
  SessionCredential,
  SessionCredential__Input as SessionCredentialInput,
} from '../gen/postern/authorize/v1/SessionCredential.ts'
import type { CheckQuestion, CredentialCarrier, PresentedCredential } from '../vocabulary/check.ts'
import type { ClientCertificate } from '../vocabulary/request-facts.ts'
import { encodeHeader } from './headers.ts'

const carrierNames = {
  cookie: 'CARRIER_COOKIE',
  header: 'CARRIER_HEADER',
  query: 'CARRIER_QUERY',
  bearer: 'CARRIER_BEARER',
} as const satisfies Record<CredentialCarrier, CarrierName>

const carriers = new Map<string, CredentialCarrier>(
  Object.entries(carrierNames).map(([carrier, name]) => [name, carrier as CredentialCarrier]),
)

/** A question as it travels. */
export function encodeQuestion(question: CheckQuestion): CheckRequestInput {
  const { facts, credential } = question
  const headers: HeaderInput[] = []
  for (const [name, values] of facts.headers) {
    for (const value of values) headers.push(encodeHeader(name, value))
  }
  return {
    routeId: question.routeId,
    configRevision: question.configRevision,
    requestId: question.requestId,
    method: facts.method,
    host: facts.host,
    path: facts.path,
    query: facts.query,
    headers,
    clientAddress: facts.clientAddress,
    clientCertificate: facts.clientCertificate ? encodeCertificate(facts.clientCertificate) : null,
    credential: encodeCredential(credential),
    signInBinding: question.signInBinding ?? '',
  }
}

/**
 * The question that a message asks.
 * @throws PosternError `INTERNAL` for one that cannot be understood: nothing is decided about half a question.
 */
export function decodeQuestion(message: CheckRequest): CheckQuestion {
  const { routeId, configRevision, requestId, method, host, path, query, clientAddress } = message
  if (routeId === '' || host === '' || method === '' || !path.startsWith('/')) {
    throw new PosternError('INTERNAL', 'a check without a route, a host, a method or a path')
  }
  const clientCertificate = message.clientCertificate ? decodeCertificate(message.clientCertificate) : undefined
  return {
    routeId,
    configRevision,
    requestId,
    facts: { method, host, path, query, headers: decodeHeaders(message.headers), clientAddress, clientCertificate },
    credential: decodeCredential(message.credential),
    signInBinding: message.signInBinding === '' ? undefined : message.signInBinding,
  }
}

/** A credential as it travels; `null` where none was presented. */
export function encodeCredential(credential: PresentedCredential | undefined): SessionCredentialInput | null {
  return credential ? { carrier: carrierNames[credential.carrier], value: credential.value } : null
}

/**
 * The credential a message carries.
 * @throws PosternError `INTERNAL` for a carrier that this version does not know.
 */
export function decodeCredential(message: SessionCredential | null): PresentedCredential | undefined {
  if (!message) return undefined
  const carrier = carriers.get(message.carrier)
  if (!carrier) throw new PosternError('INTERNAL', 'a session credential in an unknown carrier')
  return { carrier, value: message.value }
}

function encodeCertificate({ presented, valid, der }: ClientCertificate): {
  presented: boolean
  valid: boolean
  der: Uint8Array
} {
  return { presented, valid, der: der ?? new Uint8Array() }
}

function decodeCertificate({ presented, valid, der }: ClientCertificateMessage): ClientCertificate {
  return { presented, valid, der: der.length === 0 ? undefined : der }
}

function decodeHeaders(messages: readonly Header[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>()
  for (const { name, value } of messages) {
    const text = value.toString('latin1')
    const values = headers.get(name)
    if (values) values.push(text)
    else headers.set(name, [text])
  }
  return headers
}
