import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baseConfig, errorsOf, load, warningsOf } from '../config-fixture.ts'

/** A mistake in the options of a route, and what is said about it. */
type Row = readonly [title: string, routes: string, message: string]

const anybody = 'allow_any_authenticated_user: true'
const a = 'from: https://a.example.com'
const to = 'to: https://b.example.net'

const errors: readonly Row[] = [
  [
    'a redirect beside an application',
    `- {${a}, ${to}, redirect: {https_redirect: true}, ${anybody}}`,
    'routes.0.redirect: a route either forwards or answers by itself; there is "to" already',
  ],
  [
    'a redirect that leads nowhere else',
    `- {${a}, redirect: {response_code: 302}, ${anybody}}`,
    'routes.0.redirect: leads to the same address again; expected host_redirect, path_redirect or the like',
  ],
  [
    'a redirect with a status that is none',
    `- {${a}, redirect: {https_redirect: true, response_code: 200}, ${anybody}}`,
    'routes.0.redirect.response_code: found the number 200; expected 301, 302, 303, 307 or 308',
  ],
  [
    'a response without a status',
    `- {${a}, response: {body: Hello}, ${anybody}}`,
    'routes.0.response.status: not set; expected a status such as 200',
  ],
  [
    'two ways to rewrite the path',
    `- {${a}, ${to}, prefix_rewrite: /a, regex_rewrite_pattern: b, regex_rewrite_substitution: c, ${anybody}}`,
    'routes.0.regex_rewrite_pattern: contradicts prefix_rewrite; keep one of the two',
  ],
  [
    'half a rewrite',
    `- {${a}, ${to}, regex_rewrite_pattern: b, ${anybody}}`,
    'routes.0.regex_rewrite_pattern: needs regex_rewrite_substitution beside it',
  ],
  [
    'a group that the pattern does not have',
    `- {${a}, ${to}, regex_rewrite_pattern: (b), regex_rewrite_substitution: '\\2', ${anybody}}`,
    'routes.0.regex_rewrite_pattern: not an RE2 expression with its substitution: the pattern has no group 2',
  ],
  [
    'a query in a rewrite',
    `- {${a}, ${to}, regex_rewrite_pattern: b, regex_rewrite_substitution: '/x?c=\\0', ${anybody}}`,
    'routes.0.regex_rewrite_substitution: "?" cannot stand in a path; the query stays as it came and cannot be rewritten',
  ],
  [
    'a fragment in a rewrite',
    `- {${a}, ${to}, regex_rewrite_pattern: b, regex_rewrite_substitution: '/x#c', ${anybody}}`,
    'routes.0.regex_rewrite_substitution: "#" cannot stand in a path',
  ],
  [
    'a query in the prefix to put',
    `- {${a}, ${to}, prefix_rewrite: '/x?c=d', ${anybody}}`,
    'routes.0.prefix_rewrite: "?" cannot stand in a path; the query stays as it came and cannot be rewritten',
  ],
  [
    'a path in a host',
    `- {${a}, ${to}, host_path_regex_rewrite_pattern: b, host_path_regex_rewrite_substitution: c.example/d, ${anybody}}`,
    'routes.0.host_path_regex_rewrite_substitution: "/" cannot stand in a host',
  ],
  [
    'half a client certificate',
    `- {${a}, ${to}, tls_client_cert_file: /tls/cert.pem, ${anybody}}`,
    'routes.0.tls_client_cert_file: needs tls_client_key or tls_client_key_file beside it',
  ],
  [
    'a client key of another certificate',
    `- {${a}, ${to}, tls_client_cert_file: /tls/cert.pem, tls_client_key_file: /tls/stranger.pem, ${anybody}}`,
    'routes.0.tls_client_key_file: the key does not belong to the certificate',
  ],
  [
    'authorities that are none',
    `- {${a}, ${to}, tls_custom_ca: aGVsbG8=, ${anybody}}`,
    'routes.0.tls_custom_ca: this holds no PEM certificate',
  ],
  [
    'a way to spread requests that Postern does not have',
    `- {${a}, ${to}, load_balancing_policy: MAGLEV, ${anybody}}`,
    'routes.0.load_balancing_policy: found "MAGLEV"; expected one of round_robin, least_request, random',
  ],
  [
    'six hosts that sign in together',
    `- {${a}, ${to}, depends_on: [b.a, c.a, d.a, e.a, f.a, g.a], ${anybody}}`,
    'routes.0.depends_on: found 6 hosts; expected at most 5',
  ],
  [
    'a socket beside a host',
    `- {${a}, to: ["unix:///a", "https://b.example"], ${anybody}}`,
    'routes.0.to: unix sockets and hosts cannot stand side by side',
  ],
]

const warnings: readonly Row[] = [
  [
    'two hosts to send',
    `- {${a}, ${to}, host_rewrite: c.example, host_rewrite_header: X-Host, ${anybody}}`,
    'routes.0.host_rewrite_header: warning: has no effect beside host_rewrite',
  ],
  [
    'TLS options where there is no TLS',
    `- {${a}, to: unix:///run/app, tls_server_name: b.example, ${anybody}}`,
    'routes.0.tls_server_name: warning: has no effect, because TLS is not spoken with "to"',
  ],
  [
    'a host to sign in with that no route has',
    `- {${a}, ${to}, depends_on: nobody.example.com, ${anybody}}`,
    'routes.0.depends_on: warning: no route has the host nobody.example.com, so nobody can sign in there',
  ],
]

/** Without the place, which other tests look at. */
function words(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^config\.yaml:\d+:\d+ /, ''))
}

describe('route options that cannot work', () => {
  for (const [title, routes, message] of errors) {
    it(title, () => assert.deepEqual(words(errorsOf(`${baseConfig}routes:\n${routes}\n`)), [message]))
  }
})

describe('route options that are worth a warning', () => {
  for (const [title, routes, message] of warnings) {
    it(title, () => assert.deepEqual(words(warningsOf(`${baseConfig}routes:\n${routes}\n`)), [message]))
  }

  it('and so are laxer rules for ambiguous requests', () => {
    const lax = 'headers_with_underscores_action: allow\nmerge_slashes: false\nnormalize_path: false\n'
    const keys = warningsOf(`${baseConfig}${lax}path_with_escaped_slashes_action: keep_unchanged\nroutes: []\n`)
    assert.deepEqual(
      words(keys).map((line) => line.split(':')[0]),
      ['headers_with_underscores_action', 'merge_slashes', 'normalize_path', 'path_with_escaped_slashes_action'],
    )
  })
})

describe('routes that answer by themselves', () => {
  it('differ by their answer', () => {
    const routes = [1, 2].map((n) => `- {${a}, path: /${String(n)}, response: {status: 200, body: ok}, ${anybody}}\n`)
    const ids = load(`${baseConfig}routes:\n${routes.join('')}`).proxy.routes.map(({ id }) => id)
    assert.equal(new Set(ids).size, 2)
    const same = [200, 201].map((n) =>
      load(`${baseConfig}routes:\n- {${a}, response: {status: ${String(n)}}, ${anybody}}\n`),
    )
    assert.notEqual(same[0]?.proxy.routes[0]?.id, same[1]?.proxy.routes[0]?.id)
  })
})
