// A large configuration is read in a thread of its own: requests go on meanwhile, and all else is as with a small one.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkPolicy } from '@postern/authorize/policy/check-policy.ts'
import { readingWorker } from '../../../cli/src/commands/reading-worker.ts'
import type { LoadedConfig } from '@postern/shared/config/load-config.ts'
import { ConfigSource } from '@postern/shared/config/reload/config-source.ts'
import { slicesOf } from '@postern/shared/config/with-slices.ts'
import { eventually } from '../../support/eventually.ts'
import { configText, hostsOf, temporaryDirectory, watchConfig, type WatchedConfig } from './files.ts'

/** Some 550 routes, 70 KiB, each with a policy of its own. */
function largeText(host: string, more = ''): string {
  const routes = Array.from(
    { length: 550 },
    (_, index) => `- from: https://${host}
  prefix: /app-${String(index)}/
  to: https://service-${String(index)}.example.net
  policy: [{allow: {or: [{email: person-${String(index)}@example.com}]}}]
`,
  )
  return configText(host, more) + routes.join('')
}

const options = { checkPolicy, readingWorker }

const everythingOf = (config: LoadedConfig): object => ({ ...config, ...slicesOf(config) })

describe('a large configuration', () => {
  it('is the same whichever thread reads it, and this one has time for others meanwhile', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(join(directory.path, 'secret'), 'from a file')
    const more = `tls_verify_nothing: 1\n`
    await writeFile(path, largeText('one.example.com'))
    const source = new ConfigSource({
      path,
      env: { IDP_CLIENT_SECRET_FILE: join(directory.path, 'secret') },
      ...options,
    })
    const here = source.read()
    const turns = countTurns()
    const { kind, ...apart } = await source.readApart()
    assert.ok(turns.stop() >= 3, 'the event loop has turned while the file was read')
    assert.ok(kind === 'ok' && 'config' in apart && here.kind === 'ok')
    assert.deepEqual(everythingOf(apart.config), everythingOf(here.config))
    assert.equal(apart.config.authenticate.idp.clientSecret?.reveal(), 'from a file')
    const facts = (reading: typeof apart | typeof here) => [reading.files, reading.fingerprint, reading.warnings]
    assert.deepEqual(facts(apart), facts(here))

    await writeFile(path, largeText('one.example.com', more).replace('person-7@', 'person-7@@'))
    const [wrong, wrongApart] = [source.read(), await source.readApart()]
    assert.ok(wrong.kind === 'invalid' && wrongApart.kind === 'invalid')
    assert.deepEqual(wrongApart.issues, wrong.issues)
  })

  it('is taken over, all of it or none', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, largeText('one.example.com'))
    using watched = await watchConfig(path, {}, options)
    await writeFile(path, largeText('two.example.com'))
    await hasHost(watched, 'two.example.com')
    assert.deepEqual(new Set(hostsOf(watched.config.current)), new Set(['two.example.com']))
    assert.equal(watched.config.current.authorize.routes.length, 551)

    await writeFile(path, largeText('three.example.com', 'whatever: 1\n'))
    await eventually('the mistake is logged', patienceMs, () => watched.refusals().length === 1)
    assert.match(watched.refusals()[0] ?? '', /config\.yaml:7:1 whatever: unknown key/)
    assert.deepEqual(new Set(hostsOf(watched.config.current)), new Set(['two.example.com']))

    await writeFile(path, largeText('four.example.com'))
    await hasHost(watched, 'four.example.com')
    const threads = process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort/.test(name))
    assert.deepEqual(threads, [], 'no thread is left')
  })

  it('stays as it is when the thread fails, and the next one is taken', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, largeText('one.example.com'))
    const broken = new URL(`data:text/javascript,throw new Error('out of memory')`)
    using watched = await watchConfig(path, {}, { checkPolicy, readingWorker: broken })
    await writeFile(path, largeText('two.example.com'))
    await eventually('the failure is logged', patienceMs, () => watched.config.state.failures === 1)
    assert.deepEqual(
      [hostsOf(watched.config.current)[0], watched.config.state.lastReloadSuccessful],
      ['one.example.com', false],
    )
    await writeFile(path, configText('three.example.com'))
    await watched.hasHost('three.example.com')
  })
})

/** A thread has to start, and may have to share a busy machine. */
const patienceMs = 20_000

function hasHost({ config }: WatchedConfig, host: string): Promise<unknown> {
  return eventually(`the route ${host} is in force`, patienceMs, () => hostsOf(config.current).includes(host))
}

/** How often other work could have run. */
function countTurns(): { stop(): number } {
  let count = 0
  const timer = setInterval(() => (count += 1), 1)
  return {
    stop: () => {
      clearInterval(timer)
      return count
    },
  }
}
