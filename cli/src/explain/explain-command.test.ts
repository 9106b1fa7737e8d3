import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { certificate, certificateKey } from '@postern/shared/config/config-fixture.ts'
import { runCommandLine } from '../run-command-line.ts'

const config = `\
insecure_server: true
authenticate_service_url: https://auth.example.com
shared_secret: ${randomBytes(32).toString('base64')}
cookie_secret: ${randomBytes(32).toString('base64')}
idp_provider: oidc
idp_provider_url: https://idp.example.com
idp_client_id: postern
idp_client_secret: not-a-real-one
routes:
  - from: https://wiki.example.com
    name: wiki
    to: https://wiki-abc.a.run.app
    allowed_users: [eve@example.org]
    policy:
      - allow:
          and:
            - domain: { is: example.com }
            - claim/level: 7
      - deny:
          not:
            - http_method: { in: [GET, HEAD] }
            - source_ip: 10.0.0.0/8
  - from: https://wiki.example.com
    prefix: /never/
    to: https://never.a.run.app
  - from: https://*.open.example.com
    to: https://open.a.run.app
    prefix: /docs/
    allow_public_unauthenticated_access: true
    cors_allow_preflight: true
`

const people = `\
- { email: ada@example.com, claims: { level: 7 } }
- { email: bob@example.com, claims: { level: "7" } }
- { user: eve@example.org, name: Eve }
`

/** Of an authority that nobody here knows; good until 2126. */
const strangerCertificate = `-----BEGIN CERTIFICATE-----
MIIBzjCCAXOgAwIBAgIQQL6akP51vRe0bcXfvb2D3TAKBggqhkjOPQQDAjAYMRYw
FAYDVQQDDA1zb21lYm9keSBlbHNlMCAXDTI2MTEyMjE0MTEyOVoYDzIxMjYxMDI5
MTUxMTI5WjATMREwDwYDVQQDDAhzdHJhbmdlcjBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABCInOXgVLQcR9qFkVOHDLbDyetj5WuS0uPJALrC3qfQ1fBQc+NovztCq
HJ7X+G9iicOr1K+N/OUJURTgImjZwK2jgaEwgZ4wDAYDVR0TAQH/BAIwADAOBgNV
HQ8BAf8EBAMCB4AwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMCMB8GA1Ud
EQQYMBaCFHN0cmFuZ2VyLmV4YW1wbGUuY29tMB0GA1UdDgQWBBTHX6P/Qce7dQFN
Z9aeY8hhmppaNzAfBgNVHSMEGDAWgBRrboNDj6/0jobfLnQSiC/xj0kubjAKBggq
hkjOPQQDAgNJADBGAiEAyU4oRwiGqzm0k7orovL34IOfYaR78SwdY/odeMyvd5wC
IQCTr7EvviOwfOKfRs28fpM36RGzm5btm624N7sAvRj0RA==
-----END CERTIFICATE-----`

let folder = ''

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'))
  writeFileSync(join(folder, 'config.yaml'), config)
  writeFileSync(join(folder, 'people.yaml'), people)
})
after(() => rmSync(folder, { recursive: true }))

interface Said {
  readonly code: number | undefined
  readonly out: string
  readonly error: string
}

function explain(...argv: string[]): Promise<Said> {
  return explainWith('config.yaml', ...argv)
}

function explainWith(file: string, ...argv: string[]): Promise<Said> {
  return explainAt('2026-11-20T12:00:00Z', file, ...argv)
}

async function explainAt(at: string, file: string, ...argv: string[]): Promise<Said> {
  const out: string[] = []
  const error: string[] = []
  const host = {
    print: (line: string) => void out.push(line),
    printError: (line: string) => void error.push(line),
    onSignal: () => ({ [Symbol.dispose]: () => undefined }),
    exit: () => assert.fail('a command that only prints does not end the process'),
    isTerminal: false,
  }
  const files = ['--config', join(folder, file), '--at', at]
  const code = await runCommandLine({ argv: ['explain', ...files, ...argv], env: {}, host })
  const readable = (lines: string[]): string => lines.join('\n').replaceAll(`${folder}/`, '')
  return { code, out: readable(out), error: readable(error) }
}

async function json(...argv: string[]): Promise<any> {
  return JSON.parse((await explain(...argv, '--json')).out)
}

const wiki = 'https://wiki.example.com/page'

describe('postern explain', () => {
  it('prints the decision, what made it and where that stands, and every criterion', async () => {
    const { code, out } = await explain('--url', wiki, '--email', 'Bob@Example.com', '--claim', 'level="7"')
    assert.equal(code, 0)
    assert.equal(
      out,
      `\
deny (403): no allow rule is true
  GET https://wiki.example.com/page by Bob@Example.com, 2026-11-20T12:00:00.000Z
  route wiki at config.yaml:10:5

Decided by
  config.yaml:13:21  user id is eve@example.org  user-unauthorized
  config.yaml:13:21  email is eve@example.org    email-unauthorized
  config.yaml:18:15  claim level has 7 (number)  claim-unauthorized

allow is false, config.yaml:10:5
  or (one of) is false
    >  no  user id is eve@example.org  "(not given)"      user-unauthorized
    >  no  email is eve@example.org    "bob@example.com"  email-unauthorized

allow is false, config.yaml:15:9
  and (all of) is false
       yes  domain is example.com       "example.com"  domain-ok
    >  no   claim level has 7 (number)  ["7"]          claim-unauthorized

deny is false, config.yaml:19:9
  not (none of) is false
    >  yes  method is one of GET, HEAD    "GET"        http-method-ok
       no   client address in 10.0.0.0/8  "192.0.2.1"  source-ip-unauthorized`,
    )
  })

  const readings: readonly (readonly [title: string, argv: string[], out: string, note: string])[] = [
    [
      'that somebody may',
      ['--email', 'ada@example.com'],
      `\
allow: an allow rule is true, and no deny rule is
  GET https://team.example.com/page by ada@example.com, 2026-11-20T12:00:00.000Z
  route team.example.com at team.yaml:10:5

Decided by
  team.yaml:15:15  domain is example.com       domain-ok
  team.yaml:16:15  method is one of GET, HEAD  http-method-ok

allow is true, team.yaml:13:9
  and (all of) is true
    >  yes  domain is example.com       "example.com"  domain-ok
    >  yes  method is one of GET, HEAD  "GET"          http-method-ok

allow is false, team.yaml:17:9
  or (one of) is false
       no  groups has editors  []  groups-unauthorized

deny is false, team.yaml:20:9
  or (one of) is false
    >  no  email is mallory@example.com  "ada@example.com"  email-unauthorized`,
      '',
    ],
    [
      'that somebody may not, what for, and that more might be known',
      ['--email', 'ada@example.com', '--method', 'PUT'],
      `\
deny (403): no allow rule is true
  PUT https://team.example.com/page by ada@example.com, 2026-11-20T12:00:00.000Z
  route team.example.com at team.yaml:10:5

Decided by
  team.yaml:16:15  method is one of GET, HEAD  http-method-unauthorized
  team.yaml:19:15  groups has editors          groups-unauthorized

allow is false, team.yaml:13:9
  and (all of) is false
       yes  domain is example.com       "example.com"  domain-ok
    >  no   method is one of GET, HEAD  "PUT"          http-method-unauthorized

allow is false, team.yaml:17:9
  or (one of) is false
    >  no  groups has editors  []  groups-unauthorized

deny is false, team.yaml:20:9
  or (one of) is false
    >  no  email is mallory@example.com  "ada@example.com"  email-unauthorized`,
      'note: the policy asks for more than is said of this person; there is --group NAME',
    ],
    [
      'that a deny rule keeps somebody out whom an allow rule lets in',
      ['--email', 'Mallory@Example.com'],
      `\
deny (403): a deny rule is true, and no allow rule outweighs that
  GET https://team.example.com/page by Mallory@Example.com, 2026-11-20T12:00:00.000Z
  route team.example.com at team.yaml:10:5

Decided by
  team.yaml:22:15  email is mallory@example.com  email-ok

allow is true, team.yaml:13:9
  and (all of) is true
    >  yes  domain is example.com       "example.com"  domain-ok
    >  yes  method is one of GET, HEAD  "GET"          http-method-ok

allow is false, team.yaml:17:9
  or (one of) is false
       no  groups has editors  []  groups-unauthorized

deny is true, team.yaml:20:9
  or (one of) is true
    >  yes  email is mallory@example.com  "mallory@example.com"  email-ok`,
      '',
    ],
    [
      'that nobody is signed in, and which criteria had to know who it is',
      [],
      `\
sign-in: nobody is signed in, and a criterion about people has a say
  GET https://team.example.com/page by nobody, 2026-11-20T12:00:00.000Z
  route team.example.com at team.yaml:10:5

Decided by
  team.yaml:15:15  domain is example.com         user-unauthenticated
  team.yaml:19:15  groups has editors            user-unauthenticated
  team.yaml:22:15  email is mallory@example.com  user-unauthenticated

allow is false, team.yaml:13:9
  and (all of) is false
    >  no   domain is example.com              user-unauthenticated
       yes  method is one of GET, HEAD  "GET"  http-method-ok

allow is false, team.yaml:17:9
  or (one of) is false
    >  no  groups has editors    user-unauthenticated

deny is false, team.yaml:20:9
  or (one of) is false
    >  no  email is mallory@example.com    user-unauthenticated`,
      '',
    ],
  ]
  for (const [title, argv, expected, note] of readings) {
    it(`says to a reader ${title}`, async () => {
      const team = `  - from: https://team.example.com
    to: https://team-abc.a.run.app
    policy:
      - allow:
          and:
            - domain: example.com
            - http_method: { in: [GET, HEAD] }
      - allow:
          or:
            - groups: editors
      - deny:
          or:
            - email: mallory@example.com
`
      writeFileSync(join(folder, 'team.yaml'), `${config.slice(0, config.indexOf('routes:'))}routes:\n${team}`)
      const { out, error } = await explainWith('team.yaml', '--url', 'https://team.example.com/page', ...argv)
      assert.equal(out, expected)
      assert.equal(error, note)
    })
  }

  it('prints the same as JSON', async () => {
    const said = await json('--url', wiki, '--email', 'ada@example.com', '--claim', 'level=7', '--method', 'PUT')
    assert.deepEqual(
      { outcome: said.outcome, status: said.status, reasons: said.reasons, cause: said.cause, route: said.route.name },
      {
        outcome: 'deny',
        status: 403,
        reasons: ['http-method-unauthorized', 'source-ip-unauthorized'],
        cause: 'a-deny-rule-is-true',
        route: 'wiki',
      },
    )
    assert.deepEqual(
      said.decidedBy.map((one: any) => one.path),
      ['routes.0.policy.1.deny.not.0.http_method', 'routes.0.policy.1.deny.not.1.source_ip'],
    )
    assert.equal(said.rules[1].blocks[0].criteria[0].compared, 'example.com')
    assert.match(said.rules[1].blocks[0].criteria[0].at, /config\.yaml:17:15$/)
  })

  const rows: readonly (readonly [title: string, argv: string[], outcome: string, cause: string])[] = [
    [
      'allows who has all that is asked',
      ['--email', 'ada@example.com', '--claim', 'level=7'],
      'allow',
      'an-allow-rule-is-true',
    ],
    ['allows by id', ['--user', 'eve@example.org'], 'allow', 'an-allow-rule-is-true'],
    ['sends nobody to sign in', [], 'sign-in', 'not-signed-in'],
    ['takes a group alone for somebody', ['--group', 'x'], 'deny', 'no-allow-rule-is-true'],
    [
      'minds the address',
      ['--user', 'eve@example.org', '--method', 'PUT', '--ip', '10.1.2.3'],
      'allow',
      'an-allow-rule-is-true',
    ],
  ]
  for (const [title, argv, outcome, cause] of rows) {
    it(title, async () => {
      const said = await json('--url', wiki, ...argv)
      assert.deepEqual([said.outcome, said.cause], [outcome, cause])
    })
  }

  it('warns of an address without scheme, with another scheme than the route’s, and of an e-mail that is none', async () => {
    const plain = await explain('--url', wiki, '--email', 'ada@example.com', '--claim', 'level=1')
    assert.equal(plain.error, '')
    const bare = await explain('--url', 'wiki.example.com/page', '--email', 'ada', '--claim', 'level=1')
    assert.deepEqual(bare.error.split('\n'), [
      'warning: --url wiki.example.com/page has no scheme; taken as https://wiki.example.com/page',
      'warning: --email ada has no @, so it is no address that an identity provider would send',
    ])
    const other = await explain('--url', 'http://wiki.example.com/page')
    assert.equal(other.error, 'warning: --url has the scheme http; this route is served at https://wiki.example.com')
    assert.match(other.out, /GET http:/)
  })

  it('finds the route as the proxy does: host, wildcard, prefix, and the path made plain', async () => {
    const found = async (url: string): Promise<unknown> => {
      const { outcome, status, cause } = await json('--url', url)
      return [outcome, status, cause]
    }
    assert.deepEqual(await found('https://a.OPEN.example.com/x/..//docs/./y'), [
      'allow',
      undefined,
      'an-allow-rule-is-true',
    ])
    assert.deepEqual(await found('https://a.open.example.com/x'), ['deny', 404, 'route-not-found'])
    assert.deepEqual(await found('https://nowhere.example.com/'), ['deny', 404, 'route-not-found'])
    assert.deepEqual(await found('https://wiki.example.com/a%2Fb'), ['deny', 400, 'ambiguous-request'])
    assert.deepEqual(await found('https://wiki.example.com/.pomerium/user'), ['allow', undefined, 'own-path'])
    assert.deepEqual(await found('https://wiki.example.com/.well-known/pomerium'), ['allow', undefined, 'own-path'])
    assert.deepEqual(await found('https://wiki.example.com/.pomerium/nothing'), ['deny', 404, 'page-not-found'])
    assert.deepEqual(await found('https://nowhere.example.com/.pomerium/'), ['deny', 404, 'route-not-found'])
    assert.deepEqual(await found('https://auth.example.com/oauth2/callback'), ['allow', undefined, 'authenticate-host'])
  })

  it('knows what Postern answers itself, on which hosts, and by which methods', async () => {
    const found = async (url: string, method = 'GET'): Promise<unknown> => {
      const { outcome, status, cause } = await json('--url', url, '--method', method)
      return [outcome, status, cause]
    }
    const own = ['allow', undefined, 'own-path']
    for (const host of ['wiki.example.com', 'nowhere.example.com', 'auth.example.com']) {
      assert.deepEqual(await found(`https://${host}/ping`), own, host)
      assert.deepEqual(await found(`https://${host}/healthz`), own, host)
    }
    assert.deepEqual(await found('https://wiki.example.com/ping', 'POST'), ['deny', 405, 'method-not-allowed'])
    assert.equal(
      ((await found('https://wiki.example.com/ping?x')) as unknown[])[2],
      'not-signed-in',
      'the application’s',
    )
    assert.deepEqual(await found('https://wiki.example.com/robots.txt'), own)
    assert.deepEqual(await found('https://nowhere.example.com/robots.txt'), ['deny', 404, 'route-not-found'])
    assert.deepEqual(await found('https://wiki.example.com/.pomerium/', 'POST'), ['deny', 405, 'method-not-allowed'])
    assert.deepEqual(await found('https://wiki.example.com/', 'TRACE'), ['deny', 405, 'method-not-allowed'])
  })

  it('says what a route does that forwards nothing', async () => {
    const answering = `${config}  - {from: https://old.example.com, redirect: {host_redirect: wiki.example.com}, allow_public_unauthenticated_access: true}
  - {from: https://closed.example.com, response: {status: 503, body: x}, allow_public_unauthenticated_access: true}
`
    writeFileSync(join(folder, 'answering.yaml'), answering)
    const redirect = await explainWith('answering.yaml', '--url', 'https://old.example.com/')
    assert.match(redirect.out, /route old\.example\.com at answering\.yaml:31:5, which redirects \(301\)/)
    const response = await explainWith('answering.yaml', '--url', 'https://closed.example.com/')
    assert.match(response.out, /at answering\.yaml:32:5, which answers 503 itself/)
  })

  it('reads the path by the rules of the configuration', async () => {
    writeFileSync(join(folder, 'lenient.yaml'), `path_with_escaped_slashes_action: unescape_and_forward\n${config}`)
    const { out } = await explainWith('lenient.yaml', '--url', 'https://a.open.example.com/docs%2Fy', '--json')
    assert.equal(JSON.parse(out).cause, 'an-allow-rule-is-true')
    writeFileSync(join(folder, 'sent.yaml'), `path_with_escaped_slashes_action: unescape_and_redirect\n${config}`)
    const sent = await explainWith('sent.yaml', '--url', 'https://a.open.example.com/docs%2Fy', '--json')
    assert.equal(JSON.parse(sent.out).cause, 'plain-path')
  })

  it('reads headers, as a preflight request has them', async () => {
    const preflight = [
      '--method',
      'OPTIONS',
      '--header',
      'Origin: https://a.b',
      '--header',
      'Access-Control-Request-Method: PUT',
    ]
    const said = await json('--url', 'https://a.open.example.com/docs/', ...preflight)
    assert.deepEqual(said.reasons, ['accept', 'cors-request'])
  })

  it('replays a line of the decision log', async () => {
    const line = {
      message: 'authorize check',
      time: '2026-11-01T08:00:00.000Z',
      method: 'GET',
      host: 'wiki.example.com',
      path: '/page',
      ip: '10.9.9.9',
      user: '1001',
      email: 'ada@example.com',
    }
    const { out } = await explain('--replay', JSON.stringify(line), '--claim', 'level=7')
    assert.match(out, /^allow: .*\n {2}GET https:\/\/wiki\.example\.com\/page by ada@example\.com from 10\.9\.9\.9, /)
  })

  it('says where a line that is replayed came out otherwise', async () => {
    const line = { method: 'GET', host: 'wiki.example.com', path: '/', user: '1001', email: 'ada@example.com' }
    const replay = async (outcome: string): Promise<string> =>
      (await explain('--replay', JSON.stringify({ ...line, outcome }), '--claim', 'level=8')).error
    assert.match(await replay('allow'), /^note: the line says allow: .*--client-certificate$/m)
    assert.equal(await replay('deny'), '')
  })

  it('says by its exit code whether it is as expected', async () => {
    assert.equal((await explain('--url', wiki, '--expect', 'sign-in')).code, 0)
    const wrong = await explain('--url', wiki, '--expect', 'allow')
    assert.deepEqual([wrong.code, wrong.error], [1, 'expected allow, but it is sign-in'])
  })

  it('asks for what it needs, and does not guess at what it cannot read', async () => {
    const wrongs = [
      [[], /expected --url URL/],
      [['--url', 'no address'], /is not an address/],
      [['--url', wiki, '--ip', 'localhost'], /is not an IP address/],
      [['--url', wiki, '--at', 'tomorrow', '--user', 'x'], /given twice/],
      [['--url', wiki, '--claim', 'level'], /is not NAME=VALUE/],
      [['--url', wiki, '--header', 'Origin'], /is not "Name: value"/],
      [['--url', wiki, '--replay', '{}'], /contradict/],
      [['--replay', '{}'], /has no method, host and path/],
      [['--replay', 'authorize check'], /a JSON object/],
      [['--url', wiki, '--expect', 'yes'], /takes allow, deny or sign-in/],
      [['--table', '/no/such/file'], /\/no\/such\/file does not exist/],
    ] as const
    for (const [argv, expected] of wrongs) {
      const { code, error } = await explain(...argv)
      assert.equal(code, 64, argv.join(' '))
      assert.match(error, expected)
    }
  })
})

describe('postern explain where only the routes are', () => {
  const routes = config.slice(config.indexOf('routes:'))

  it('leaves secrets, certificates and other services aside, and says so in one line', async () => {
    writeFileSync(join(folder, 'routes.yaml'), routes)
    const { code, out, error } = await explainWith('routes.yaml', '--url', wiki, '--user', 'eve@example.org')
    assert.equal(code, 0, error)
    assert.match(out, /^allow: .*\n.*\n {2}route wiki at routes\.yaml:2:5\n/)
    assert.match(
      error,
      /^note: missing or wrong here, and no matter for who may: [a-z_, ]*idp_client_secret[a-z_, ]* \(.*\)$/,
    )
  })

  it('leaves Pomerium’s keys aside that say nothing about who may, and no others', async () => {
    const keys = [
      'autocert: true',
      'override_certificate_name: x',
      'tracing_provider: x',
      'idp_refresh_directory_timeout: 1m',
    ]
    writeFileSync(join(folder, 'migrated.yaml'), `${keys.join('\n')}\n${routes}`)
    const { code, error } = await explainWith('migrated.yaml', '--url', wiki, '--user', 'eve@example.org')
    assert.equal(code, 0, error)
    for (const key of keys) assert.ok(error.includes(key.split(':')[0] ?? ''), key)
    for (const key of ['client_ca: x', 'policy_file: x', 'use_proxy_protocol: true', 'jwt_groups_filter: {}']) {
      writeFileSync(join(folder, 'migrated.yaml'), `${key}\n${routes}`)
      assert.notEqual((await explainWith('migrated.yaml', '--url', wiki, '--user', 'eve@example.org')).code, 0, key)
    }
  })

  it('does so where files are named that are elsewhere, and for one service of several', async () => {
    const elsewhere = `services: proxy
authenticate_service_url: https://auth.example.com
shared_secret_file: /no/such/secret
certificate_file: /no/such/certificate
certificate_key_file: /no/such/key
redis_url: rediss://redis.internal
${routes}`
    writeFileSync(join(folder, 'elsewhere.yaml'), elsewhere)
    const { code, out } = await explainWith('elsewhere.yaml', '--url', 'https://auth.example.com/')
    assert.equal(code, 0)
    assert.match(out, /^allow: this is where people sign in/)
  })

  it('does so where the services reach each other over the network, and have no certificates here', async () => {
    const apart = `services: proxy
authenticate_service_url: https://auth.example.com
authorize_service_url: http://authorize:5443
grpc_insecure: true
${routes}`
    for (const text of [apart, apart.replace('http:', 'https:').replace('grpc_insecure: true\n', '')]) {
      writeFileSync(join(folder, 'apart.yaml'), text)
      const { code, error } = await explainWith('apart.yaml', '--url', wiki, '--user', 'eve@example.org')
      assert.equal(code, 0, error)
    }
  })

  it('still says what is wrong with routes and policies, and nothing else', async () => {
    writeFileSync(join(folder, 'broken.yaml'), routes.replace('domain: { is', 'domain: { iz'))
    const { code, error } = await explainWith('broken.yaml', '--url', wiki)
    assert.equal(code, 78)
    assert.match(error, /^broken\.yaml:9:25 .*unknown .*iz.*$/)
  })
})

describe('postern explain --client-certificate', () => {
  const asking = config
    .replace('insecure_server: true\n', 'certificate_file: cert.pem\ncertificate_key_file: key.pem\n')
    .replace('routes:', `downstream_mtls: { ca: ${Buffer.from(certificate).toString('base64')} }\nroutes:`)
  const run = (...argv: string[]): Promise<Said> => runAt('2026-12-01T00:00:00Z', ...argv)
  const runAt = (at: string, ...argv: string[]): Promise<Said> => {
    const inFolder = asking.replace('cert.pem', join(folder, 'cert.pem')).replace('key.pem', join(folder, 'key.pem'))
    writeFileSync(join(folder, 'cert.pem'), certificate)
    writeFileSync(join(folder, 'key.pem'), certificateKey)
    writeFileSync(join(folder, 'mtls.yaml'), inFolder)
    return explainAt(at, 'mtls.yaml', '--url', wiki, '--user', 'eve@example.org', ...argv)
  }

  it('refuses whoever shows none, by the rule that nobody wrote', async () => {
    const { out, error } = await run()
    assert.equal(error, '')
    assert.match(out, /^deny \(495\): no valid client certificate came/)
    assert.match(out, /Decided by\n {2}mtls\.yaml:\d+:1 {2}no valid client certificate {2}client-certificate-required/)
  })

  it('judges the one that is shown by the authorities of the route', async () => {
    const { out, error } = await run('--client-certificate', join(folder, 'cert.pem'))
    assert.equal(error, '')
    assert.match(out, /^allow: /)
    for (const [at, why] of [
      ['2026-11-20T00:00:00Z', 'not good yet'],
      ['2226-01-01T00:00:00Z', 'over'],
    ] as const) {
      const other = await runAt(at, '--client-certificate', join(folder, 'cert.pem'))
      assert.match(other.out, /^deny \(495\)/)
      assert.equal(other.error, `warning: the client certificate does not count: ${why}`)
    }
  })

  it('shows it on every route of a table', async () => {
    await run()
    writeFileSync(join(folder, 'eve.yaml'), '- { user: eve@example.org }\n')
    const cellsWith = async (...argv: string[]): Promise<readonly string[]> => {
      const table = ['--table', join(folder, 'eve.yaml'), '--json', ...argv]
      const { out } = await explainAt('2026-12-01T00:00:00Z', 'mtls.yaml', ...table)
      return (JSON.parse(out) as { outcome: string }[]).map(({ outcome }) => outcome)
    }
    assert.deepEqual(new Set(await cellsWith()), new Set(['deny']))
    assert.ok((await cellsWith('--client-certificate', join(folder, 'cert.pem'))).includes('allow'))
  })

  it('says when it cannot be read', async () => {
    for (const file of ['key.pem', 'none.pem']) {
      const { code, error } = await run('--client-certificate', join(folder, file))
      assert.equal(code, 64)
      assert.match(error, /--client-certificate: the file/)
    }
  })

  it('does not take it for more than it is', async () => {
    writeFileSync(join(folder, 'other.pem'), strangerCertificate)
    const { out, error } = await run('--client-certificate', join(folder, 'other.pem'))
    assert.match(out, /^deny \(495\)/)
    assert.equal(
      error,
      'warning: the client certificate does not count: not signed by an authority that is trusted here',
    )
  })
})

describe('postern explain --table', () => {
  it('prints people against routes', async () => {
    const { code, out } = await explain('--table', join(folder, 'people.yaml'))
    assert.equal(code, 0)
    assert.equal(
      out,
      `\
                 wiki     wiki.example.com/never/*  *.open.example.com/docs/*
───────────────  ───────  ────────────────────────  ─────────────────────────
nobody           sign-in  deny                      allow
ada@example.com  allow    deny                      allow
bob@example.com  deny     deny                      allow
Eve              allow    deny                      allow`,
    )
  })

  it('prints it for another method, as JSON', async () => {
    const cells = await json('--table', join(folder, 'people.yaml'), '--method', 'DELETE')
    assert.deepEqual(
      cells.filter((cell: any) => cell.route === 'wiki').map((cell: any) => [cell.person, cell.outcome]),
      [
        ['nobody', 'sign-in'],
        ['ada@example.com', 'deny'],
        ['bob@example.com', 'deny'],
        ['Eve', 'deny'],
      ],
    )
  })

  it('says what is wrong with the list, and where', async () => {
    writeFileSync(join(folder, 'wrong.yaml'), '- emial: a@b.c\n- user: 7\n  groups: x\n- nobody\n')
    const { code, error } = await explain('--table', join(folder, 'wrong.yaml'))
    assert.equal(code, 78)
    assert.deepEqual(error.split('\n'), [
      'wrong.yaml:1:3 0.emial: unknown key "emial"; did you mean "email"?',
      'wrong.yaml:2:3 1.user: expected a text; put it in quotes',
      'wrong.yaml:3:3 1.groups: expected a list of texts',
      'wrong.yaml:4:3 2: expected a person, such as "email: ada@example.com"',
    ])
  })
})
