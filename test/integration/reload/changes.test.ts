// REL-N1: however a file is replaced, the new configuration counts; whatever is wrong with it, the last good one stays.
import assert from 'node:assert/strict'
import { mkdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/eventually.ts'
import { configText, hostsOf, temporaryDirectory, watchConfig } from './files.ts'

describe('a change of the file is seen, without polling,', () => {
  it('when it is written in place', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    await writeFile(path, configText('two.example.com'))
    await watched.hasHost('two.example.com')
    assert.equal(watched.config.state.successes, 1)
    assert.deepEqual(watched.refusals(), [])
  })

  it('when an editor renames a new file over it, again and again', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('zero.example.com'))
    using watched = await watchConfig(path)
    for (const name of ['one', 'two', 'three']) {
      await writeFile(join(directory.path, '.config.yaml.swp'), configText(`${name}.example.com`))
      await rename(join(directory.path, '.config.yaml.swp'), path)
      await watched.hasHost(`${name}.example.com`)
    }
    assert.deepEqual(watched.refusals(), [])
  })

  it('when Kubernetes swaps the link that a volume hangs on', async () => {
    await using directory = await temporaryDirectory()
    const at = (name: string): string => join(directory.path, name)
    const publish = async (version: string, host: string): Promise<void> => {
      await mkdir(at(`..${version}`))
      await writeFile(at(`..${version}/config.yaml`), configText(host))
      await symlink(`..${version}`, at('..data_tmp'))
      await rename(at('..data_tmp'), at('..data'))
    }
    await publish('2026_11_22_1', 'one.example.com')
    await symlink('..data/config.yaml', at('config.yaml'))
    using watched = await watchConfig(at('config.yaml'))
    for (const [version, host] of [
      ['2026_11_22_2', 'two.example.com'],
      ['2026_11_22_3', 'three.example.com'],
    ] as const) {
      await publish(version, host)
      await rm(at('..2026_11_22_1'), { recursive: true, force: true })
      await watched.hasHost(host)
    }
  })

  it('when size and time stay the same', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    const { atime, mtime } = await stat(path)
    using watched = await watchConfig(path)
    await writeFile(path, configText('two.example.com'))
    await utimes(path, atime, mtime)
    await watched.hasHost('two.example.com')
  })

  it('in a file that it names: a secret, by a link or not', async () => {
    await using directory = await temporaryDirectory()
    const at = (name: string): string => join(directory.path, name)
    await mkdir(at('secrets'))
    await writeFile(at('secrets/idp'), 'first')
    const text = configText('one.example.com').replace(
      'idp_client_secret: hush',
      `idp_client_secret_file: ${at('secrets/idp')}`,
    )
    await writeFile(at('config.yaml'), text)
    using watched = await watchConfig(at('config.yaml'))
    const secret = (): string | undefined => watched.config.current.authenticate.idp.clientSecret?.reveal()
    assert.equal(secret(), 'first')
    await writeFile(at('secrets/next'), 'second\n')
    await rename(at('secrets/next'), at('secrets/idp'))
    await eventually('the new secret is in force', 3000, () => secret() === 'second')
  })
})

describe('what a new configuration names is watched from then on,', () => {
  it('and what the old one named no longer counts', async () => {
    await using directory = await temporaryDirectory()
    const at = (name: string): string => join(directory.path, name)
    for (const name of ['first', 'second']) {
      await mkdir(at(name))
      await writeFile(at(`${name}/secret`), name)
    }
    const naming = (host: string, name: string): string =>
      configText(host).replace('idp_client_secret: hush', `idp_client_secret_file: ${at(`${name}/secret`)}`)
    await writeFile(at('config.yaml'), naming('one.example.com', 'first'))
    using watched = await watchConfig(at('config.yaml'))
    await writeFile(at('config.yaml'), naming('two.example.com', 'second'))
    await watched.hasHost('two.example.com')
    await writeFile(at('second/next'), 'changed')
    await rename(at('second/next'), at('second/secret'))
    const secret = (): string | undefined => watched.config.current.authenticate.idp.clientSecret?.reveal()
    await eventually('the changed secret is in force', 3000, () => secret() === 'changed')
    const before = watched.config.state.successes
    await rm(at('first'), { recursive: true })
    await sleep(150)
    assert.equal(watched.config.state.successes, before)
    assert.deepEqual(watched.refusals(), [])
  })
})

describe('a change that makes no event is seen by looking now and then', () => {
  it('such as a whole directory replaced', async () => {
    await using directory = await temporaryDirectory()
    const at = (name: string): string => join(directory.path, name)
    await mkdir(at('mounted'))
    await mkdir(at('next'))
    await writeFile(at('mounted/config.yaml'), configText('one.example.com'))
    await writeFile(at('next/config.yaml'), configText('two.example.com'))
    using watched = await watchConfig(at('mounted/config.yaml'), { lookMs: 60 })
    await rename(at('mounted'), at('gone'))
    await rename(at('next'), at('mounted'))
    await watched.hasHost('two.example.com')
    await writeFile(at('mounted/config.yaml'), configText('three.example.com')) // and it is watched where it is now
    await watched.hasHost('three.example.com')
  })
})

describe('a file that cannot be taken over leaves the last good one in force', () => {
  it('half written, until it is whole', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    await writeFile(path, configText('two.example.com').slice(0, 250))
    await eventually('the half is refused', 3000, () => watched.refusals().length > 0)
    assert.deepEqual(hostsOf(watched.config.current), ['one.example.com'])
    assert.equal(watched.config.state.lastReloadSuccessful, false)
    await writeFile(path, configText('two.example.com'))
    await watched.hasHost('two.example.com')
    assert.equal(watched.config.state.lastReloadSuccessful, true)
  })

  it('empty, even where the environment would be enough', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, 'log_level: warn\n')
    const env = {
      AUTHENTICATE_SERVICE_URL: 'https://authn.example.com',
      IDP_PROVIDER: 'google',
      IDP_CLIENT_ID: 'me',
      IDP_CLIENT_SECRET: 'hush',
      INSECURE_SERVER: 'true',
    }
    using watched = await watchConfig(path, {}, { env })
    await writeFile(path, '')
    await eventually('the empty file is refused', 3000, () => watched.refusals().length > 0)
    assert.deepEqual(watched.refusals(), ['["the configuration file is empty"]'])
  })

  it('wrong in several places: each is named with its line, once', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    await writeFile(path, configText('two.example.com', 'timeout_idle: 30\nwhatever: 1\n'))
    await eventually('the mistakes are logged', 3000, () => watched.refusals().length > 0)
    assert.match(watched.refusals()[0] ?? '', /config\.yaml:7:15 timeout_idle.*config\.yaml:8:1 whatever/)
    await watched.config.reload()
    assert.deepEqual([watched.config.state.failures, watched.refusals().length], [2, 2]) // asked for, so said again
  })

  it('gone, and unreadable', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    await rm(path)
    await eventually('its absence is logged', 3000, () => watched.refusals().length === 1)
    await mkdir(path) // whoever is root can read any file, but nobody can read a directory as one
    await eventually('the directory is logged', 3000, () => watched.refusals().length === 2)
    await rm(path, { recursive: true })
    await writeFile(path, configText('two.example.com'))
    await watched.hasHost('two.example.com')
    assert.match(watched.refusals().join(), /does not exist.*is a folder/s)
  })

  it(
    'without permission to read it',
    { skip: process.getuid?.() === 0 ? 'root may read everything' : false },
    async () => {
      await using directory = await temporaryDirectory()
      const path = join(directory.path, 'config.yaml')
      await writeFile(path, configText('one.example.com'))
      using watched = await watchConfig(path)
      await writeFile(join(directory.path, 'next'), configText('two.example.com'), { mode: 0o000 })
      await rename(join(directory.path, 'next'), path)
      await eventually('it is refused', 3000, () => /EACCES/.test(watched.refusals().join()))
      assert.deepEqual(hostsOf(watched.config.current), ['one.example.com'])
    },
  )

  it('with a policy that cannot be read, or that a service cannot take', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    const checkPolicy = (route: {
      readonly policyPath: readonly (string | number)[]
      readonly from: { readonly host: string }
    }) => (route.from.host === 'two.example.com' ? [{ path: route.policyPath, message: 'no such criterion' }] : [])
    using watched = await watchConfig(path, {}, { checkPolicy })
    await writeFile(path, configText('two.example.com'))
    await eventually('the policy is refused', 3000, () => /no such criterion/.test(watched.refusals().join()))
    const heard: string[] = []
    using _first = watched.config.subscribe((config) => heard.push(...hostsOf(config)))
    using _second = watched.config.subscribe((config) => {
      if (hostsOf(config).includes('three.example.com')) throw new Error('a service cannot take it')
    })
    await writeFile(path, configText('three.example.com'))
    await eventually('the service refuses', 3000, () => watched.config.state.failures === 2)
    assert.deepEqual(heard, ['three.example.com', 'one.example.com'])
    assert.deepEqual(hostsOf(watched.config.current), ['one.example.com'])
  })
})

describe('what is read again is what changed', () => {
  it('and nothing happens when a file is touched or replaced by the same, or another file in its directory changes', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'config.yaml')
    await writeFile(path, configText('one.example.com'))
    using watched = await watchConfig(path)
    const before = watched.config.current
    await utimes(path, new Date(), new Date())
    await writeFile(`${path}.next`, configText('one.example.com'))
    await rename(`${path}.next`, path) // not in place: in the middle of writing there would be another content
    await writeFile(join(directory.path, 'other.yaml'), 'x')
    await sleep(150)
    assert.equal(watched.config.current, before)
    assert.equal(watched.config.state.successes, 0)
  })
})
