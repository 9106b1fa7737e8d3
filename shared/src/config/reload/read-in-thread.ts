import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { withSlices } from '../with-slices.ts'
import type { ConfigReading } from './config-reading.ts'
import type { ReadingOptions } from './read-config.ts'
import type { ThreadMessage } from './reading-thread.ts'
import { unpack } from './packed.ts'
import type { LoadedConfig } from '../load-config.ts'
import type { AuthorizeRoute, ProxyRoute } from '../model.ts'

/** Ten thousand routes take two seconds; whatever takes longer than this does not end. */
const deadlineMs = 120_000

/**
 * Reads a configuration in a thread of its own, so that requests go on meanwhile. What was read comes over in pieces, each
 * small enough not to be felt. `module` calls `runReadingThread`.
 * @throws Error when the thread fails or takes too long
 */
export async function readInThread(module: URL, data: ReadingOptions): Promise<ConfigReading> {
  const worker = new Worker(module, { workerData: data })
  worker.unref()
  try {
    return await receive(worker, data.generated)
  } finally {
    await worker.terminate()
  }
}

function receive(worker: Worker, generated: Map<string, string>): Promise<ConfigReading> {
  const { promise, resolve, reject } = Promise.withResolvers<ConfigReading>()
  const timer = setTimeout(() => reject(new Error('reading the configuration takes too long')), deadlineMs)
  const routes = { proxy: [] as ProxyRoute[], authorize: [] as AuthorizeRoute[] }
  let reading: ConfigReading | undefined
  const take = (message: ThreadMessage): void => {
    switch (message.kind) {
      case 'reading':
        reading = readingFrom(message, routes)
        for (const [key, secret] of message.generated) generated.set(key, secret)
        break
      case 'routes':
        routes.proxy.push(...(unpack(message.proxy) as ProxyRoute[]))
        routes.authorize.push(...(unpack(message.authorize) as AuthorizeRoute[]))
        break
      case 'end':
        if (reading !== undefined) resolve(reading)
        return
    }
    void nextTurn().then(() => worker.postMessage('next'))
  }
  worker.on('message', take)
  worker.once('error', reject)
  worker.once('exit', () => reject(new Error('the thread that reads the configuration has ended')))
  return promise.finally(() => clearTimeout(timer))
}

function readingFrom(
  { reading }: Extract<ThreadMessage, { kind: 'reading' }>,
  routes: { readonly proxy: readonly ProxyRoute[]; readonly authorize: readonly AuthorizeRoute[] },
): ConfigReading {
  if (reading.kind === 'invalid') return reading
  const { slices, ...common } = unpack(reading.config) as LoadedConfig & { readonly slices: Partial<LoadedConfig> }
  const proxy = slices.proxy && { ...slices.proxy, routes: routes.proxy }
  const authorize = slices.authorize && { ...slices.authorize, routes: routes.authorize }
  return {
    ...reading,
    config: withSlices(common, { ...slices, ...(proxy && { proxy }), ...(authorize && { authorize }) }),
  }
}
