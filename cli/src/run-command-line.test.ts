import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { ProcessHost } from '@postern/shared/lifecycle/process-host.ts'
import { commands, runCommandLine } from './run-command-line.ts'

const directory = mkdtempSync(join(tmpdir(), 'postern-cli-'))
after(() => rmSync(directory, { recursive: true }))

const good = `authenticate_service_url: https://authn.example.com
idp_provider: google
idp_client_id: me
idp_client_secret: hush
insecure_server: true
routes:
- from: https://hello.example.com
  to: https://hello-abc-uc.a.run.app
  enable_google_cloud_serverless_authentication: true
  policy:
  - allow:
      and:
      - domain: {is: example.com}
      - http_method: GET
    deny:
      or:
      - email: mallory@example.com
- from: https://docs.example.com
  prefix: /api
  to: https://docs.example.net
  pass_identity_headers: true
  allow_any_authenticated_user: true
- from: https://www.example.com
  to: https://www.example.net
  allow_public_unauthenticated_access: true
`

function write(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

interface Outcome {
  readonly code: number | undefined
  readonly output: string
  readonly errors: string
}

function postern(...argv: string[]): Promise<Outcome> {
  return posternWith({}, ...argv)
}

async function posternWith(env: Readonly<Record<string, string>>, ...argv: string[]): Promise<Outcome> {
  const output: string[] = []
  const errors: string[] = []
  let exited: number | undefined
  const host: ProcessHost = {
    print: (line) => void output.push(line),
    printError: (line) => void errors.push(line),
    onSignal: () => assert.fail('nothing was to start'),
    exit: (code) => {
      exited ??= code
    },
    isTerminal: false,
  }
  const code = await runCommandLine({ argv, env, host })
  return { code: code ?? exited, output: output.join('\n'), errors: errors.join('\n') }
}

describe('postern validate', () => {
  it('says that a configuration is fine, with its warnings', async () => {
    const path = write('good.yaml', good)
    const { code, output } = await postern('validate', '--config', path)
    assert.equal(code, 0)
    assert.match(output, /redis_url: warning: not set/)
    assert.ok(output.endsWith(`${path} is valid for proxy, authorize, authenticate, with 3 warnings.`))
  })

  it('lists every mistake, in the policies too, and exits with 78', async () => {
    const path = write(
      'bad.yaml',
      good.replace('domain: {is:', 'domian: {is:').replace('insecure_server', 'insecure_sever'),
    )
    const { code, output } = await postern('validate', `--config=${path}`)
    assert.equal(code, 78)
    assert.match(output, /bad\.yaml:5:1 insecure_sever: unknown key "insecure_sever"; did you mean "insecure_server"\?/)
    assert.match(output, /bad\.yaml:13:9 routes\.0\.policy\.0\.allow\.and\.0\S* .*"domian"/)
    assert.match(output, /is not valid: 3 errors, 3 warnings\.$/)
  })

  it('speaks JSON', async () => {
    const path = write('bad.json', good.replace('prefix: /api', 'prefix: api'))
    const { code, output } = await postern('validate', '--config', path, '--json')
    const answer = JSON.parse(output) as { valid: boolean; errors: unknown[]; warnings: unknown[] }
    assert.equal(code, 78)
    assert.equal(answer.valid, false)
    assert.deepEqual(answer.errors, [
      {
        severity: 'error',
        path: ['routes', 1, 'prefix'],
        message: '"api" cannot match; expected a path that begins with "/"',
        file: path,
        line: 19,
        column: 11,
      },
    ])
    assert.equal(answer.warnings.length, 3)
  })

  it('looks at some services only when asked to', async () => {
    const { code, output } = await postern('validate', '--config', write('good.yaml', good), '--services', 'proxy')
    assert.equal(code, 78)
    assert.match(output, /authorize_service_url: not set; proxy needs it/)
    assert.doesNotMatch(output, /secret|redis/)
  })

  for (const [title, path, message] of [
    ['that is not there', 'nowhere.yaml', 'the configuration file does not exist'],
    ['in TOML', 'config.toml', 'TOML is not read; write YAML or JSON'],
  ] as const) {
    it(`refuses a file ${title}`, async () => {
      const { code, output } = await postern('validate', '--config', join(directory, path))
      assert.equal(code, 78)
      assert.equal(output, `${join(directory, path)}: ${message}`)
    })
  }

  it('wants the files that keys name to be there, unless they are elsewhere', async () => {
    const inPods = good.concat('shared_secret_file: /secrets/in/a/pod\n')
    const path = write('pod.yaml', inPods)
    const strict = await postern('validate', '--config', path)
    assert.equal(strict.code, 78)
    assert.match(strict.output, /shared_secret_file: the file \/secrets\/in\/a\/pod does not exist/)
    const { code, output } = await postern('validate', '--config', path, '--no-files')
    assert.equal(code, 0, output)
    assert.doesNotMatch(output, /shared_secret/)
  })

  it('opens no connection for secret references, and says so', async () => {
    const env = { IDP_CLIENT_SECRET: 'ref+gcpsecrets://p/s' }
    const answer = await posternWith(env, 'validate', '--config', write('good.yaml', good))
    assert.equal(answer.code, 78)
    assert.match(answer.output, /^\$IDP_CLIENT_SECRET a secret reference, and no connection is opened here/m)
  })

  it('looks at the routes nevertheless, where they are here', async () => {
    const refs = { VALS_FILES: '/c.yaml:ref+gcpsecrets://p/c', SHARED_SECRET: 'ref+gcpsecrets://p/s' }
    const policy = Buffer.from('- from: https://a.example.com\n  too: http://a\n').toString('base64')
    const { output } = await posternWith({ ...refs, POLICY: policy }, 'validate')
    assert.match(output, /^\$POLICY:2:3 policy\.0\.too: unknown key "too"/m)
    assert.doesNotMatch(output, /not set/)
    const elsewhere = await posternWith({ ...refs, POLICY: 'ref+gcpsecrets://p/policy' }, 'validate')
    assert.doesNotMatch(elsewhere.output, /base64/)
  })

  it('refuses a file that is not UTF-8', async () => {
    const path = join(directory, 'latin1.yaml')
    writeFileSync(path, Buffer.from('name: caf\xe9\n', 'latin1'))
    assert.match((await postern('validate', '--config', path)).output, /is not UTF-8/)
  })
})

describe('postern routes', () => {
  it('draws a table: from, to, who may, what is added', async () => {
    const { code, output } = await postern('routes', '--config', write('good.yaml', good))
    assert.equal(code, 0)
    assert.equal(
      output,
      `
FROM                           TO                              WHO MAY                                  ADDS
─────────────────────────────  ──────────────────────────────  ───────────────────────────────────────  ────────────
https://hello.example.com      https://hello-abc-uc.a.run.app  domain is example.com and method is GET  Google token
                                                               but not: email is mallory@example.com
https://docs.example.com/api*  https://docs.example.net        anybody who is signed in                 identity
https://www.example.com        https://www.example.net         everybody, without signing in`.trimStart(),
    )
  })

  it('has a line for a route, whatever the number of its hosts', async () => {
    const path = write(
      'two-hosts.yaml',
      good.replace('  prefix: /api\n', '  tls_downstream_server_name: docs.example.org\n'),
    )
    const { output } = await postern('routes', '--config', path)
    assert.equal(output.match(/docs\.example\.net/g)?.length, 1, output)
    assert.match(output, /^https:\/\/docs\.example\.com .*\nhttps:\/\/docs\.example\.org *$/m)
    const described = JSON.parse((await postern('routes', '--json', '--config', path)).output) as {
      alsoFrom: string[]
    }[]
    assert.deepEqual(
      described.map(({ alsoFrom }) => alsoFrom),
      [[], ['https://docs.example.org'], []],
    )
  })

  it('needs no secrets, certificates or addresses, and says what is not there', async () => {
    const bare = `services: proxy\ngrpc_insecure: true\n${good.slice(good.indexOf('routes:'))}`
    const { code, output, errors } = await postern('routes', '--config', write('bare.yaml', bare))
    assert.equal(code, 0, errors)
    assert.match(output, /domain is example\.com and method is GET/)
    assert.match(errors, /^note: missing or wrong here, and no matter for the routes: .*authenticate_service_url/)
  })

  it('speaks JSON', async () => {
    const { output } = await postern('routes', '--json', '--config', write('good.yaml', good))
    const [first] = JSON.parse(output) as { from: string; who: string[]; adds: string[] }[]
    assert.deepEqual(first?.who, ['domain is example.com and method is GET', 'but not: email is mallory@example.com'])
    assert.deepEqual(first.adds, ['Google token'])
  })

  it('names the applications for a page that lists them', async () => {
    const labelled = good.replace(
      '  prefix: /api\n',
      '  name: API\n  description: For all.\n  logo_url: https://cdn.test/a.svg\n',
    )
    const { output } = await postern('routes', '--json', '--config', write('labelled.yaml', labelled))
    const labels = (JSON.parse(output) as Record<string, unknown>[]).map(({ name, description, logoUrl }) => [
      name,
      description,
      logoUrl,
    ])
    assert.ok(
      labels.some((each) => each.join('|') === 'API|For all.|https://cdn.test/a.svg'),
      output,
    )
  })

  it('shows no table of a configuration that is wrong', async () => {
    const { code, output, errors } = await postern('routes', '--config', write('bad.yaml', `${good}x: 1\n`))
    assert.equal(code, 78)
    assert.equal(output, '')
    assert.match(errors, /unknown key "x"/)
  })
})

describe('postern keys new', () => {
  it('makes secrets that a configuration accepts, different each time', async () => {
    const [first, second] = [await postern('keys', 'new'), await postern('keys', 'new')]
    assert.notEqual(first.output, second.output)
    const { code, output } = await postern('validate', '--config', write('keys.yaml', `${good}${first.output}\n`))
    assert.equal(code, 0)
    assert.doesNotMatch(output, /secret/)
  })

  it('can be appended to a file whose last line has no end', async () => {
    const { output } = await postern('keys', 'new')
    const appended = await postern('validate', '--config', write('appended.yaml', `${good.trimEnd()}${output}\n`))
    assert.equal(appended.code, 0, appended.output)
  })

  it('speaks JSON', async () => {
    const { output } = await postern('keys', 'new', '--json')
    assert.deepEqual(Object.keys(JSON.parse(output) as object), ['shared_secret', 'cookie_secret', 'signing_key'])
  })
})

describe('the command line', () => {
  it('gives an overview that names every command', async () => {
    const { code, output } = await postern('--help')
    assert.equal(code, 0)
    for (const name of Object.keys(commands)) assert.match(output, new RegExp(`^  ${name} +\\w`, 'm'))
  })

  for (const name of Object.keys(commands)) {
    it(`explains ${name}`, async () => {
      const { code, output } = await postern(name, '--help')
      assert.equal(code, 0)
      assert.match(output, new RegExp(`^Usage: postern ${name} `))
    })
  }

  for (const [argv, message] of [
    [['validat'], 'unknown command validat; did you mean "validate"?'],
    [['validate', '--confg', 'x'], 'unknown option --confg; did you mean --config?'],
    [['validate', '--config'], '--config needs a value'],
    [['validate', '--json=yes'], '--json takes no value'],
    [['validate', '--json', '--json'], '--json is given twice'],
    [['validate', 'config.yaml'], 'unexpected argument config.yaml; a configuration file goes after --config'],
    [['validate', '--services', 'prox'], 'unknown service prox; did you mean "proxy"?'],
    [['keys'], 'expected: keys new'],
    [['run', '--confg', 'x'], 'unknown option --confg; did you mean --config?'],
    [['proxy', '--log-format', 'xml'], '--log-format is json or pretty, not xml'],
  ] as const) {
    it(`refuses: postern ${argv.join(' ')}`, async () => {
      const { code, errors } = await postern(...argv)
      assert.equal(code, 64)
      const [first = '', ...more] = errors.split('\n')
      assert.ok(first.includes(message), errors)
      assert.ok(more.length < 8, 'the mistake does not scroll away')
    })
  }

  it('says which version it is', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    for (const asked of ['--version', 'version'])
      assert.deepEqual(await postern(asked), { code: 0, output: `postern ${manifest.version}`, errors: '' })
  })

  it('asks what to do when it is told nothing', async () => {
    const { code, output } = await postern()
    assert.equal(code, 64)
    assert.match(output, /^Usage: postern COMMAND/m)
  })

  it('starts nothing when the configuration is wrong', async () => {
    const { code, errors } = await postern('authorize', '--config', write('bad.yaml', `${good}x: 1\n`))
    assert.equal(code, 78)
    assert.match(errors, /unknown key "x"/)
    assert.match(errors, /redis_url: not set/)
  })
})
