/** What `Dockerfile` and `docker-compose.yml` promise, as far as it can be seen without containers. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { loadConfig } from '@postern/shared/config/load-config.ts'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'
import { parse } from 'yaml'

const dockerfile = readFileSync('Dockerfile', 'utf8')
const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true })
const containers = Object.entries<any>(compose.services)
const own = ['proxy', 'authorize', 'authenticate'] as const

describe('the image', () => {
  it('runs without root, gets the signals itself, and opens no debugger', () => {
    const instructions = dockerfile.split(/^FROM /m).at(-1) ?? ''
    assert.match(instructions, /^USER 1000:1000$/m)
    assert.match(
      instructions,
      /^ENTRYPOINT \["node", "--disable-sigusr1", "--expose-gc", "--max-semi-space-size=16", "\/app\/main\.ts"\]$/m,
    )
    assert.doesNotMatch(instructions, /^RUN /m)
  })

  it('has the compiled code of a start with the flags that change it', () => {
    for (const [command] of dockerfile.matchAll(/node .*main\.ts.*/g))
      assert.match(command, /^node --expose-gc main\.ts /)
  })

  it('knows every workspace when it installs', () => {
    for (const manifest of globSync('{shared,services/*,cli,dev}/package.json')) {
      assert.ok(dockerfile.includes(`COPY ${manifest} `), `${manifest} is not copied`)
    }
  })

  it('is built from the sources only', () => {
    const [first, ...allowed] = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => /^[^#]/.test(line))
    assert.equal(first, '*')
    const names = allowed.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    assert.deepEqual(names.sort(), [
      '.npmrc',
      'cli',
      'dev',
      'package-lock.json',
      'package.json',
      'proto',
      'services',
      'shared',
    ])
  })
})

describe('docker-compose.yml', () => {
  for (const [name, container] of containers) {
    it(`${name}: cannot write to its image, and has no privileges to gain or keep`, () => {
      assert.equal(container.read_only, true)
      assert.deepEqual(container.cap_drop, ['ALL'])
      assert.deepEqual(container.security_opt, ['no-new-privileges:true'])
      assert.equal(container.privileged ?? container.cap_add, undefined)
    })
  }

  it('publishes the proxy and the identity provider, to this machine only', () => {
    const published = containers.flatMap(([name, { ports = [] }]) => ports.map((port: string) => `${name} ${port}`))
    assert.deepEqual(published.sort(), ['identity-provider 127.0.0.1:8081:8081', 'proxy 127.0.0.1:8080:8080'])
  })

  it('gives the proxy no way to Redis, and applications no way to authorize and authenticate', () => {
    const meet = (a: string, b: string): boolean => networksOf(a).some((network) => networksOf(b).includes(network))
    assert.ok(meet('authorize', 'redis') && meet('authenticate', 'redis') && meet('proxy', 'authorize'))
    for (const [a, b] of [
      ['proxy', 'redis'],
      ['hello', 'proxy'],
      ['cloud-run', 'authorize'],
      ['verify', 'authenticate'],
    ] as const) {
      assert.equal(meet(a, b), false, `${a} reaches ${b}`)
    }
    for (const [name, network] of Object.entries<any>(compose.networks))
      assert.equal(network.internal === true, name !== 'front')
  })

  it('gives every service a volume of its own for its secrets', () => {
    const mounts = own.map((name) =>
      compose.services[name].volumes.find((volume: string) => volume.includes(':/run/postern')),
    )
    assert.deepEqual(
      mounts,
      own.map((name) => `${name}-files:/run/postern:ro`),
    )
  })

  it('works with engines that know no top-level name', () => assert.equal(compose.name, undefined))

  it('has a configuration that each service can load', () => {
    const file = { path: 'compose/config.yaml', text: readFileSync('compose/config.yaml', 'utf8') }
    const secret = 'N6JQ1nxTzJcvhHxdyvzGvDmmWRR7Zb9yEoQ2ZD5m1Xo='
    const authority = new CertificateAuthority('a CA of the test')
    const { certificate, key } = authority.issue({ commonName: 'any', dnsNames: ['any'] })
    const readFile = (path: string): string => {
      if (path.endsWith('redis-url')) return 'rediss://user:password@redis:6379/0'
      return path.endsWith('.crt') ? certificate : path.endsWith('.key') ? key : secret
    }
    for (const service of own) {
      const result = loadConfig({ file, env: {}, readFile, services: [service] })
      assert.deepEqual(result.kind === 'invalid' ? result.issues : [], [])
    }
  })
})

function networksOf(name: string): readonly string[] {
  const { networks = [] } = compose.services[name]
  return Array.isArray(networks) ? networks : Object.keys(networks)
}
