import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'

/**
 * How the provider calls its client. Its usual way refuses to call this machine, where everything here runs; and names
 * under `.localhost` lead to this machine in every browser, but not always in Node. Calls nothing else.
 */
export async function loopbackFetch(url: string | URL | Request, options: RequestInit = {}): Promise<Response> {
  const { protocol, hostname, host, port, pathname, search } = new URL(url instanceof Request ? url.url : url)
  if (protocol !== 'http:' || !/(?:^|\.)localhost$/.test(hostname)) throw new TypeError(`${host} is not this machine`)
  const body = new URLSearchParams(options.body as URLSearchParams).toString()
  const headers = { ...Object.fromEntries(new Headers(options.headers)), host }
  const method = options.method ?? 'GET'
  const answered = Promise.withResolvers<Response>()
  const sent = request(
    { host: '127.0.0.1', port, path: pathname + search, method, headers, signal: options.signal ?? undefined },
    (response) => {
      const status = response.statusCode ?? 500
      buffer(response).then((read) => answered.resolve(new Response(read, { status })), answered.reject)
    },
  )
  sent.once('error', answered.reject)
  sent.end(body)
  return answered.promise
}
