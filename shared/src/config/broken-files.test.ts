import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf } from './config-fixture.ts'

/** What is appended to a configuration that is right (eight lines), and every message that follows. */
type Row = readonly [title: string, added: string, ...messages: string[]]

const durationExpected = 'expected a duration with units such as "30s", "5m" or "1h30m" (0s: none), at most 596h'

const syntax: readonly Row[] = [
  [
    'a key given twice',
    'log_level: info\nlog_level: debug\n',
    'config.yaml:10:1 this key is given twice in the same mapping',
  ],
  ['a tab that indents', 'routes:\n\t- from: x\n', 'config.yaml:10:1 tabs cannot indent YAML; use spaces'],
  ['a second document', '---\na: 1\n', 'config.yaml:9:1 a second document begins here (---); only one is read'],
  ['a tag', 'log_level: !!js/function x\n', 'config.yaml:9:12 tags (!) are not read here; write a plain value'],
  [
    'an alias of nothing, without its text',
    'cookie_name: *hush\n',
    'config.yaml:9:14 this alias (*) has no anchor (&) before it',
  ],
  ['an alias inside itself', 'a: &a [*a]\n', 'config.yaml:9:7 this is nested too deeply, or an alias contains itself'],
  [
    'a list that is not closed',
    'idp_scopes: [openid, email\n',
    'config.yaml:10:1 the indentation is not right here, or a bracket is not closed',
  ],
  [
    'a quote that is not closed',
    'log_level: "info\n',
    'config.yaml:10:1 a character is missing before this place (a quote, a comma, a colon or a bracket)',
  ],
  [
    'a colon in a value without quotes',
    'address: a: b\n',
    'config.yaml:9:10 a mapping cannot stand here; a value that contains ": " needs quotes, or the next line is indented too far',
  ],
  [
    'a key of a route one space to the left',
    'routes:\n  - from: https://a.example.com\n   to: https://b.example.net\n',
    'config.yaml:11:1 the indentation is not right here: this key must begin in the same column as the keys above it',
  ],
  [
    'a backslash in double quotes',
    'cookie_name: "a\\d"\n',
    'config.yaml:9:16 this backslash escape is not legal in double quotes; write \\\\ for a backslash, or use single quotes',
  ],
  [
    'a value that begins with an at sign',
    'cookie_name: @a\n',
    'config.yaml:9:14 a value cannot begin with this character; put it into quotes',
  ],
  ['a control character', 'log_level: "in\0fo"\n', 'config.yaml:9:15 a control character (U+0000) stands here'],
  ['a list where a mapping ends', '- from: x\n', 'config.yaml:9:1 a key must be on one line; is a ":" missing?'],
]

const keys: readonly Row[] = [
  [
    'a misspelt key',
    'timeout_raed: 5s\n',
    'config.yaml:9:1 timeout_raed: unknown key "timeout_raed"; did you mean "timeout_read"?',
  ],
  ['a misspelt list of routes', 'rutes: []\n', 'config.yaml:9:1 rutes: unknown key "rutes"; did you mean "routes"?'],
  [
    'a key inside a group',
    'grpc_tls: {key_fil: /x}\n',
    'config.yaml:9:12 grpc_tls.key_fil: unknown key "key_fil"; did you mean "key_file"?',
  ],
  ['__proto__', '__proto__: {admin: true}\n', 'config.yaml:9:1 __proto__: unknown key "__proto__"'],
  ['constructor', 'constructor: {prototype: 1}\n', 'config.yaml:9:1 constructor: unknown key "constructor"'],
  [
    'a key that closes a door in Pomerium',
    'use_proxy_protocol: true\n',
    'config.yaml:9:1 use_proxy_protocol: Postern leaves this Pomerium key out: the PROXY protocol is not read; use xff_num_trusted_hops',
  ],
  [
    'a key that Pomerium removed',
    'client_ca_file: x\n',
    'config.yaml:9:1 client_ca_file: Pomerium removed this key: write downstream_mtls.ca_file',
  ],
]

const values: readonly Row[] = [
  [
    'a duration without its unit',
    'timeout_read: 30\n',
    `config.yaml:9:15 timeout_read: found the number 30; ${durationExpected}`,
  ],
  ['a negative duration', 'timeout_read: -1s\n', `config.yaml:9:15 timeout_read: found "-1s"; ${durationExpected}`],
  [
    'a duration that a timer cannot hold',
    'timeout_read: 900h\n',
    `config.yaml:9:15 timeout_read: found "900h"; ${durationExpected}`,
  ],
  [
    'a number that is not finite',
    'xff_num_trusted_hops: 1e999\n',
    'config.yaml:9:23 xff_num_trusted_hops: found the number Infinity; expected a whole number from 0 to 32',
  ],
  [
    'not a number',
    'xff_num_trusted_hops: .nan\n',
    'config.yaml:9:23 xff_num_trusted_hops: found the number NaN; expected a whole number from 0 to 32',
  ],
  [
    'a number with a tail',
    'xff_num_trusted_hops: 300x\n',
    'config.yaml:9:23 xff_num_trusted_hops: found "300x"; expected a whole number from 0 to 32',
  ],
  ['yes for true', 'skip_xff_append: yes\n', 'config.yaml:9:18 skip_xff_append: found "yes"; expected true or false'],
  [
    'an unknown word',
    'cookie_same_site: loose\n',
    'config.yaml:9:19 cookie_same_site: found "loose"; expected one of lax, strict, none',
  ],
  [
    'a key without a value',
    'signout_redirect_url:\n',
    'config.yaml:9:22 signout_redirect_url: given but empty; expected text',
  ],
  [
    'a port alone',
    'address: 8080\n',
    'config.yaml:9:10 address: found the number 8080; expected host:port or :port, with its colon',
  ],
  [
    'an address without a port',
    'address: localhost\n',
    'config.yaml:9:10 address: found "localhost"; expected host:port, :port or unix:///path',
  ],
  [
    'a number in a header',
    'set_response_headers: {X-A: 1}\n',
    'config.yaml:9:29 set_response_headers.X-A: found the number 1; expected a mapping from header names to text (quote numbers and booleans)',
  ],
  [
    'a space in a header’s name',
    'set_response_headers: {"X A": b}\n',
    'config.yaml:9:24 set_response_headers.X A: the name "X A" is not legal; expected a mapping from header names to text (quote numbers and booleans)',
  ],
  [
    'a line feed in a header',
    'set_response_headers: {X-A: "b\\nX-B: c"}\n',
    'config.yaml:9:29 set_response_headers.X-A: found "b\\nX-B: c"; expected a mapping from header names to text (quote numbers and booleans)',
  ],
  [
    'the length of answers',
    'set_response_headers: {content-length: "1"}\n',
    'config.yaml:9:40 set_response_headers.content-length: the proxy itself decides about this header',
  ],
  [
    'a claim that can stand in no header’s name',
    'jwt_claims_headers: [email, "a b"]\n',
    'config.yaml:9:21 jwt_claims_headers.X-Pomerium-Claim-a b: the name "X-Pomerium-Claim-a b" is not legal; expected a mapping from header names to claims, or a list of claims',
  ],
  [
    'a number in quotes',
    'xff_num_trusted_hops: "1"\n',
    'config.yaml:9:23 xff_num_trusted_hops: found "1"; expected a whole number from 0 to 32, without quotes',
  ],
  [
    'text for a group',
    'grpc_tls: /x\n',
    'config.yaml:9:11 grpc_tls: found "/x"; expected a mapping with certificate_file, key_file, ca_file, client_names',
  ],
  [
    'a parameter that the sign-in sets',
    'idp_request_params: {scope: all}\n',
    'config.yaml:9:22 idp_request_params.scope: the sign-in itself sets this parameter',
  ],
  [
    'an age in words',
    'idp_request_params: {max_age: 10m}\n',
    'config.yaml:9:31 idp_request_params.max_age: expected a number of seconds',
  ],
  [
    'a relative URL',
    'signout_redirect_url: /bye\n',
    'config.yaml:9:23 signout_redirect_url: found "/bye"; expected an absolute URL such as https://host',
  ],
  ['a lifetime of seconds', 'cookie_expire: 30s\n', 'config.yaml:9:16 cookie_expire: expected at least 1m'],
  [
    'a cookie’s name with a space',
    'cookie_name: a b\n',
    'config.yaml:9:14 cookie_name: expected a name without spaces, quotes, commas, ";" or "="',
  ],
  [
    'a mapping of routes',
    'routes: {from: x}\n',
    'config.yaml:9:9 routes: found a mapping; expected a list of routes ("- from: …")',
  ],
  [
    'text for a route',
    'routes: [x]\n',
    'config.yaml:9:10 routes.0: found "x"; expected a route (a mapping with from, to and policy)',
  ],
]

describe('a broken file says what is wrong, where, and what was expected', () => {
  for (const [title, added, ...messages] of [...syntax, ...keys, ...values]) {
    it(title, () => {
      assert.deepEqual(errorsOf(baseConfig + added), messages)
    })
  }

  it('names every mistake at once, in the order of the file, the environment last', () => {
    const text = `${baseConfig}timeout_read: 1\nroutes:\n- from: ftp://a\n  too: https://b.example.net\nlog_levle: info\n`
    const errors = errorsOf(text, { env: { TIMEOUT_IDLE: 'x', PORT: 'http' } })
    assert.deepEqual(
      errors.map((error) => error.slice(0, error.indexOf(' '))),
      [
        'config.yaml:9:15',
        'config.yaml:11:3',
        'config.yaml:11:9',
        'config.yaml:12:3',
        'config.yaml:13:1',
        '$PORT',
        '$TIMEOUT_IDLE',
      ],
    )
  })

  it('says what to do about a POLICY that is plain YAML, or was cut short', () => {
    const yaml = '- from: https://a.example.com\n  to: https://b.example.net\n'
    assert.deepEqual(errorsOf(baseConfig, { env: { POLICY: yaml } }), [
      '$POLICY policy: expected the base64 of a YAML list of routes; this looks like plain YAML: POLICY=$(base64 < policy.yaml)',
    ])
    const cut = Buffer.from(yaml).toString('base64').slice(0, 41)
    assert.deepEqual(errorsOf(baseConfig, { env: { POLICY: cut } }), [
      '$POLICY policy: expected the base64 of a YAML list of routes; this text is cut short: its length is no multiple of four',
    ])
  })

  it('names a place in POLICY by its line there', () => {
    const POLICY = Buffer.from(
      '- to: https://b.example.net\n  from: https://a.example.com\n  allow_any: true\n',
    ).toString('base64')
    assert.deepEqual(errorsOf(baseConfig, { env: { POLICY } }), [
      '$POLICY:3:3 policy.0.allow_any: unknown key "allow_any"; did you mean "allow_any_authenticated_user"?',
    ])
  })

  for (const [title, text, message] of [
    [
      'a list at the top',
      '- from: x\n',
      'config.yaml:1:1 expected a mapping at the top of the file; a list of routes belongs under "routes:"',
    ],
    [
      'lines of another language',
      'address = ":443"\n',
      'config.yaml:1:1 expected a mapping at the top of the file, such as "address: :443" (a colon and a space, not "=")',
    ],
    [
      'JSON without a comma',
      '{"insecure_server": true "address": ":443"}',
      'config.yaml:1:21 a comma or a closing bracket is missing before this place',
    ],
    [
      'a byte order mark',
      '\ufefflog_level: info\n',
      'config.yaml:1:1 a byte order mark (U+FEFF) stands here; save the file as UTF-8 without it',
    ],
    ['a thousand levels', `${'['.repeat(1000)}${']'.repeat(1000)}`, /^config\.yaml:1:\d+ this is nested too deeply/],
    [
      'a hundred levels in a mapping',
      `a: ${'{a: '.repeat(150)}1${'}'.repeat(150)}`,
      /^config\.yaml:1:\d+ this is nested too deeply, or an alias contains itself$/,
    ],
  ] as const) {
    it(title, () => {
      const [error = ''] = errorsOf(text)
      if (typeof message === 'string') assert.equal(error, message)
      else assert.match(error, message)
    })
  }

  it('stops reading aliases that multiply', () => {
    const nines = (name: string) => `[${Array.from({ length: 9 }, () => `*${name}`).join(', ')}]`
    const bomb = [
      'a: &a [x]',
      ...['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh'].map(([from = '', to = '']) => `${to}: &${to} ${nines(from)}`),
    ]
    assert.match(errorsOf(`${bomb.join('\n')}\n`)[0] ?? '', /more values than are read here; do aliases multiply\?$/)
  })

  it('leaves Object.prototype as it was', () => {
    errorsOf(`${baseConfig}__proto__: {polluted: true}\nroutes: [{__proto__: {polluted: true}}]\n`)
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  })

  for (const [value, message] of [
    ['a,b', 'expected one base64 text; found several, separated by commas'],
    [
      '- from: x',
      'expected the base64 of a YAML list of routes; this looks like plain YAML: ROUTES=$(base64 < routes.yaml)',
    ],
    ['not!base64', 'expected the base64 of a YAML list of routes'],
    [
      Buffer.from('routes: []').toString('base64'),
      'expected a list of routes inside the base64 text ("- from: …"), without a key above it',
    ],
    [Buffer.from([0xff, 0xfe]).toString('base64'), 'the base64 text does not hold UTF-8'],
  ] as const) {
    it(`ROUTES=${value}`, () => {
      assert.deepEqual(errorsOf(baseConfig, { env: { ROUTES: value } }), [`$ROUTES routes: ${message}`])
    })
  }
})
