import { createHash } from 'node:crypto'
import { giveAnswer } from '../answers/answer.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'
import { publicJsonHeaders } from './public-json.ts'

/** `/.well-known/pomerium/jwks.json`: the public keys of the identity assertion, as authorize has them. */
export async function answerKeySet({ checker }: EndpointDeps, { visit, arrival }: OwnVisit): Promise<void> {
  if (arrival.head.method === 'OPTIONS') {
    giveAnswer(visit, { status: 204, headers: publicJsonHeaders(visit.requestId, true), body: '' })
    return
  }
  const body = await checker.keySet()
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = { ...publicJsonHeaders(visit.requestId, false), etag }
  const isKnown = isAmong(etag, visit.request.headers['if-none-match'])
  giveAnswer(visit, { status: isKnown ? 304 : 200, headers, body: isKnown ? '' : body })
}

/** RFC 9110 §13.1.2: weak comparison, since only the bytes' freshness matters here. */
function isAmong(etag: string, ifNoneMatch: string | undefined): boolean {
  const candidates = ifNoneMatch?.split(',').map((candidate) => candidate.trim().replace(/^W\//, '')) ?? []
  return candidates.includes(etag) || candidates.includes('*')
}
