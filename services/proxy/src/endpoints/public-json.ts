import type { OutgoingHttpHeaders } from 'node:http'
import { ownHeaders } from '../answers/answer.ts'

/** Headers of documents that hold nothing but public facts: any script may read them, for a minute from its cache. */
export function publicJsonHeaders(requestId: string, isPreflight: boolean): OutgoingHttpHeaders {
  const headers = { ...ownHeaders(requestId), 'cache-control': 'max-age=60', 'access-control-allow-origin': '*' }
  return isPreflight
    ? { ...headers, 'access-control-allow-methods': 'GET, HEAD', 'access-control-max-age': '3600' }
    : { ...headers, 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }
}
