import { request as send, type ClientRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'

// usage: transfer-process.ts PORT HOST COOKIE; each message {direction, bytes} is one transfer, answered with its time
const [, , port = '', host = '', cookie = ''] = process.argv
const chunk = Buffer.alloc(64 * 1024, 'x')

process.on('message', ({ direction, bytes }: { direction: 'down' | 'up'; bytes: number }) => {
  const startedAt = performance.now()
  void (direction === 'down' ? download(bytes) : upload(bytes)).then((moved) => {
    if (moved !== bytes) throw new Error(`${String(moved)} bytes of ${String(bytes)} came through`)
    process.send?.({ ms: performance.now() - startedAt })
  })
})
process.send?.({ ready: true })

function begin(method: string, path: string, headers: Readonly<Record<string, string | number>>): ClientRequest {
  return send({ host: '127.0.0.1', port: Number(port), method, path, headers: { host, cookie, ...headers } })
}

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`answered ${String(answer.statusCode)}`)
  return answer
}

async function download(bytes: number): Promise<number> {
  const answer = await answerOf(begin('GET', `/bytes/${String(bytes)}`, {}).end())
  let moved = 0
  for await (const part of answer) moved += (part as Buffer).length
  return moved
}

async function upload(bytes: number): Promise<number> {
  const request = begin('POST', '/', { 'content-length': bytes })
  const answer = answerOf(request)
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!request.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(request, 'drain')
  }
  request.end()
  let text = ''
  for await (const part of await answer) text += String(part)
  return Number(text)
}
