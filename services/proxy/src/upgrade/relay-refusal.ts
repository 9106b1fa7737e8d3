import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { PosternError } from '@postern/shared/errors/postern-error.ts'
import { isRefusalPage, maxRefusalPageBytes, refusalSign, type TokenRefusal } from '../forward/token-refusal.ts'
import { buildResponseHeaders, type ResponseHeaderPlan } from '../headers/response-headers.ts'
import type { Visit } from '../log/visit.ts'

/**
 * The upstream answered an upgrade with an ordinary response: the client gets it, newly framed, and the connection ends
 * (security case WS-11). Google's refusal of our token is returned instead: that is ours to explain.
 */
export async function relayRefusal(
  visit: Visit,
  response: ServerResponse,
  answer: IncomingMessage,
  plan: ResponseHeaderPlan,
  carriesGoogleToken: boolean,
): Promise<TokenRefusal | undefined> {
  const status = answer.statusCode ?? 0
  if (status < 200) {
    answer.destroy()
    throw new PosternError('UPSTREAM_PROTOCOL', `an upgrade answered with status ${status}`)
  }
  const sign = carriesGoogleToken ? refusalSign(status, answer.headers) : undefined
  const held = sign === 'read-page' ? await readPage(answer) : Buffer.alloc(0)
  const refusal = sign === 'read-page' ? (isRefusalPage(held.toString('latin1')) ? 'not-invoker' : undefined) : sign
  if (refusal !== undefined) {
    answer.destroy()
    return refusal
  }
  const headers = buildResponseHeaders(answer.rawHeaders, plan, visit.requestId)
  if (headers === undefined) throw new PosternError('UPSTREAM_PROTOCOL', 'too many response headers')
  response.writeHead(status, [...headers, 'connection', 'close'])
  response.write(held)
  answer.on('data', (chunk: Buffer) => (visit.bytes += chunk.length))
  // A refusal that breaks off halfway ends the client's side too: pipeline destroys both.
  await pipeline(answer, response).catch(() => undefined)
  return undefined
}

async function readPage(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > maxRefusalPageBytes) break
  }
  return Buffer.concat(chunks)
}
