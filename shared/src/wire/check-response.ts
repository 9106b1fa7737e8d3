import { isSignInBinding } from '../session/sign-in-binding.ts'
import type { Allow } from '../gen/postern/authorize/v1/Allow.ts'
import type {
  CheckResponse,
  CheckResponse__Input as CheckResponseInput,
} from '../gen/postern/authorize/v1/CheckResponse.ts'
import type { Deny } from '../gen/postern/authorize/v1/Deny.ts'
import type { SignIn } from '../gen/postern/authorize/v1/SignIn.ts'
import type { CheckAnswer, HeaderPair } from '../vocabulary/check.ts'
import { reasons, type Reason } from '../vocabulary/decision.ts'
import { decodeHeader, encodeHeader, isWritableHeader } from './headers.ts'

const knownReasons: ReadonlySet<string> = new Set(reasons)
const denyStatuses: ReadonlySet<number> = new Set([400, 401, 403, 404, 450, 495])

/** An answer as it travels. */
export function encodeAnswer(answer: CheckAnswer): CheckResponseInput {
  const said = answer.reasons as Reason[]
  switch (answer.kind) {
    case 'allow':
      return { outcome: 'OUTCOME_ALLOW', allow: encodeAllow(answer), reasons: said }
    case 'deny': {
      const { status, explanation = '', email = '', bearerRefused = false } = answer
      return { outcome: 'OUTCOME_DENY', deny: { status, explanation, email, bearerRefused }, reasons: said }
    }
    case 'sign-in': {
      const { url, binding, credentialRefused } = answer
      return { outcome: 'OUTCOME_SIGN_IN', signIn: { url, binding, credentialRefused }, reasons: said }
    }
  }
}

/**
 * The answer a message stands for. A peer newer than us may answer in words we do not know, and a broken one may answer
 * with headers that cannot be written: then the request is refused.
 */
export function decodeAnswer(message: CheckResponse): CheckAnswer {
  const known = message.reasons.filter((reason): reason is Reason => knownReasons.has(reason))
  switch (message.outcome) {
    case 'OUTCOME_ALLOW':
      return (message.allow && decodeAllow(message.allow, known)) ?? unrecognised
    case 'OUTCOME_DENY':
      return message.deny ? decodeDeny(message.deny, known) : unrecognised
    case 'OUTCOME_SIGN_IN':
      return (message.signIn && decodeSignIn(message.signIn, known)) ?? unrecognised
    default:
      return unrecognised
  }
}

/** What everything that cannot be understood is: a refusal. */
export const unrecognised: CheckAnswer = {
  kind: 'deny',
  status: 403,
  reasons: ['unrecognised-decision'],
  explanation: undefined,
  email: undefined,
}

function encodeAllow(answer: Extract<CheckAnswer, { kind: 'allow' }>): NonNullable<CheckResponseInput['allow']> {
  const { setHeaders, removeHeaders, session } = answer
  return {
    setHeaders: setHeaders.map(([name, value]) => encodeHeader(name, value)),
    removeHeaders: removeHeaders as string[],
    sessionHandle: session?.handle ?? '',
    sessionExpiresAtMs: session?.expiresAtMs ?? 0,
    userId: session?.userId ?? '',
  }
}

function decodeAllow(allow: Allow, known: readonly Reason[]): CheckAnswer | undefined {
  const setHeaders = allow.setHeaders.map(decodeHeader)
  if (!setHeaders.every(isWritableHeader) || hasRepeatedName(setHeaders)) return undefined
  const { removeHeaders, sessionHandle: handle, sessionExpiresAtMs: expiresAtMs, userId } = allow
  const session = handle === '' ? undefined : { handle, expiresAtMs, userId }
  return { kind: 'allow', reasons: known, setHeaders, removeHeaders, session }
}

function decodeDeny(deny: Deny, known: readonly Reason[]): CheckAnswer {
  return {
    kind: 'deny',
    status: denyStatuses.has(deny.status) ? deny.status : 403,
    reasons: known,
    explanation: deny.explanation || undefined,
    email: deny.email || undefined,
    ...(deny.bearerRefused ? { bearerRefused: true } : {}),
  }
}

function decodeSignIn({ url, binding, credentialRefused }: SignIn, known: readonly Reason[]): CheckAnswer | undefined {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '') || !isSignInBinding(binding)) return undefined
  return { kind: 'sign-in', reasons: known, url, binding, credentialRefused }
}

function hasRepeatedName(headers: readonly HeaderPair[]): boolean {
  return new Set(headers.map(([name]) => name.toLowerCase())).size !== headers.length
}
