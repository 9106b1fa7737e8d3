// What the two documents tell people to write: the recipe for Cloud Run, with its file, its POLICY and its secret reference,
// and the guide to securing Cloud Run. As they stand there, with hosts and secrets filled in.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { ProcessHost } from '@postern/shared/lifecycle/process-host.ts'
import { runCommandLine } from './run-command-line.ts'

const directory = mkdtempSync(join(tmpdir(), 'postern-recipes-'))
after(() => rmSync(directory, { recursive: true }))

const secret = (): string => randomBytes(32).toString('base64')

/** config.yaml of the recipe: nothing but who people are. */
const recipe = `
authenticate_service_url: https://authn.cloudrun.example.com

shared_secret: ${secret()}
cookie_secret: ${secret()}

idp_provider: "google"
idp_client_id: 1234-abcd.apps.googleusercontent.com
idp_client_secret: GOCSPX-0hKd83-example-Ua71
`

/** policy.template.yaml of the recipe, after envsubst. */
const policy = `- from: https://hello.cloudrun.example.com
  to: https://hello-abcdef-uc.a.run.app
  allowed_domains:
    - gmail.com
  enable_google_cloud_serverless_authentication: true
- from: https://verify.cloudrun.example.com
  to: https://verify.pomerium.com
  pass_identity_headers: true
  allowed_domains:
    - gmail.com
`

/** What deploy.sh and Cloud Run set. `base64` wraps its lines. */
const cloudRun = {
  POLICY: `${Buffer.from(policy).toString('base64').replace(/.{76}/g, '$&\n')}\n`,
  K_SERVICE: 'postern',
  PORT: '8080',
}

/** What the image that the recipe was written for sets. */
const image = { AUTOCERT_DIR: '/data/autocert', ADDRESS: ':8080', GRPC_INSECURE: 'true', INSECURE_SERVER: 'true' }

const guide = `
routes:
  - from: https://hello.your-domain.example
    to: https://hello-abcdef-uc.a.run.app
    enable_google_cloud_serverless_authentication: true
    policy:
      - allow:
          and:
            - domain:
                is: your-company.example
`

const guideAlternative = `
routes:
  - from: https://hello.your-domain.example
    to: https://hello-abcdef-uc.a.run.app
    policy:
      - allow:
          and:
            - domain:
                is: your-company.example
`

async function postern(
  command: string,
  text: string,
  env: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<{ code: number | undefined; output: string }> {
  const file = join(directory, 'config.yaml')
  writeFileSync(file, text)
  const output: string[] = []
  const host: ProcessHost = {
    print: (line) => void output.push(line),
    printError: (line) => void output.push(line),
    onSignal: () => assert.fail('nothing was to start'),
    exit: () => assert.fail('nothing was to end'),
    isTerminal: false,
  }
  const code = await runCommandLine({ argv: [command, '--config', file, ...flags], env, host })
  return { code, output: output.join('\n') }
}

/** The configurations, each with the warnings that it deserves. */
const documents: readonly (readonly [
  title: string,
  text: string,
  env: Readonly<Record<string, string>>,
  ...warnings: RegExp[],
])[] = [
  ['the recipe on Cloud Run', recipe, cloudRun, /^redis_url: not set, so sessions are kept in memory/],
  [
    'the recipe with what its image sets',
    recipe,
    { ...image, ...cloudRun },
    /^redis_url: not set, so sessions are kept in memory/,
  ],
  ['the guide', recipe + guide, { K_SERVICE: 'postern', PORT: '8080' }, /^redis_url: not set/],
  ['the guide’s alternative', recipe + guideAlternative, { K_SERVICE: 'postern', PORT: '8080' }, /^redis_url: not set/],
]

describe('postern validate takes what the documents say', () => {
  for (const [title, text, env, ...warnings] of documents) {
    it(`${title}: exit code 0`, async () => {
      const { code, output } = await postern('validate', text, env)
      assert.equal(code, 0, output)
      assert.match(output, /config\.yaml is valid for proxy, authorize, authenticate/)
    })

    it(`${title}: no error, and only these warnings`, async () => {
      const { code, output } = await postern('validate', text, env, '--json')
      const said = JSON.parse(output) as {
        valid: boolean
        errors: unknown[]
        warnings: { path: (string | number)[]; message: string }[]
      }
      assert.deepEqual([code, said.valid, said.errors], [0, true, []])
      const messages = said.warnings.map(({ path, message }) => `${path.join('.')}: ${message}`)
      assert.equal(messages.length, warnings.length, messages.join('\n'))
      for (const warning of warnings)
        assert.ok(
          messages.some((message) => warning.test(message)),
          messages.join('\n'),
        )
    })
  }

  it('the routes are what was meant', async () => {
    const { code, output } = await postern('routes', recipe, cloudRun, '--json')
    assert.equal(code, 0, output)
    const said = JSON.stringify(JSON.parse(output))
    for (const word of ['hello.cloudrun.example.com', 'verify.cloudrun.example.com', 'gmail.com']) {
      assert.ok(said.includes(word), said)
    }
  })

  for (const [person, url, outcome] of [
    ['ada@gmail.com', 'https://hello.cloudrun.example.com/', 'allow'],
    ['ada@example.com', 'https://hello.cloudrun.example.com/', 'deny'],
    ['ada@gmail.com', 'https://verify.cloudrun.example.com/', 'allow'],
  ] as const) {
    it(`the recipe: ${person} at ${url}: ${outcome}`, async () => {
      const { output } = await postern('explain', recipe, cloudRun, '--url', url, '--email', person, '--json')
      assert.equal((JSON.parse(output) as { outcome: string }).outcome, outcome)
    })
  }

  it('a configuration that comes from Secret Manager is only looked at when told to, as nothing is connected to', async () => {
    const env = { ...cloudRun, VALS_FILES: '/pomerium/config.yaml:ref+gcpsecrets://1234/pomerium-config' }
    const { code, output } = await postern('validate', recipe, env)
    assert.equal(code, 78)
    assert.match(output, /^\$VALS_FILES a secret reference, .* postern validate --resolve-secrets does$/m)
  })
})
