import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { ConfigIssue } from '../config-issue.ts'
import type { PolicyCheck } from '../load-config.ts'
import { slicesOf } from '../with-slices.ts'
import type { ReadingFacts } from './config-reading.ts'
import { pack } from './packed.ts'
import { readConfig } from './read-config.ts'
import type { ReadingOptions } from './read-config.ts'

/** What it sends: first what was read, then the routes, some at a time, each after a word from the other side. */
export type ThreadMessage =
  | {
      readonly kind: 'reading'
      readonly reading: (
        | { readonly kind: 'ok'; readonly config: unknown }
        | { readonly kind: 'invalid'; readonly issues: readonly ConfigIssue[] }
      ) &
        ReadingFacts
      readonly generated: ReadonlyMap<string, string>
    }
  | { readonly kind: 'routes'; readonly proxy: unknown; readonly authorize: unknown }
  | { readonly kind: 'end' }

const routesAtATime = 100

/** All that the thread of `readInThread` does. Left out: policies are not looked into. */
export async function runReadingThread(checkPolicy?: PolicyCheck): Promise<void> {
  const port = parentPort
  if (port === null) throw new TypeError('this is a thread, not a program')
  const send = async (message: ThreadMessage): Promise<void> => {
    port.postMessage(message)
    if (message.kind !== 'end') await once(port, 'message')
  }
  const data = workerData as ReadingOptions
  const { generated } = data
  const { warnings, files, fingerprint, isEmpty, ...result } = readConfig(data, checkPolicy)
  const facts = { warnings, files, fingerprint, isEmpty }
  if (result.kind === 'invalid') {
    await send({ kind: 'reading', reading: { ...facts, kind: 'invalid', issues: result.issues }, generated })
  } else {
    const { proxy, authorize, authenticate } = slicesOf(result.config)
    const { services, revision, logLevel, metrics, filesReadOnce } = result.config
    const slices = {
      ...(proxy && { proxy: { ...proxy, routes: [] } }),
      ...(authorize && { authorize: { ...authorize, routes: [] } }),
      ...(authenticate && { authenticate }),
    }
    const config = pack({ services, revision, logLevel, metrics, filesReadOnce, slices })
    await send({ kind: 'reading', reading: { ...facts, kind: 'ok', config }, generated })
    const { routes: ofProxy = [] } = proxy ?? {}
    const { routes: ofAuthorize = [] } = authorize ?? {}
    for (let at = 0; at < Math.max(ofProxy.length, ofAuthorize.length); at += routesAtATime) {
      const some = (routes: readonly unknown[]): unknown => pack(routes.slice(at, at + routesAtATime))
      await send({ kind: 'routes', proxy: some(ofProxy), authorize: some(ofAuthorize) })
    }
  }
  await send({ kind: 'end' })
}
