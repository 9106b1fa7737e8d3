import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRedisUrl } from './redis-url.ts'

const nobody = { username: undefined, password: undefined }
const plain = { kind: 'redis', tls: false, ...nobody, db: 0 }

describe('a Redis URL', () => {
  for (const [text, expected] of [
    ['redis://localhost', { ...plain, topology: { kind: 'standalone', endpoint: { host: 'localhost', port: 6379 } } }],
    [
      'redis://app:p@ss@localhost',
      {
        ...plain,
        username: 'app',
        password: 'p@ss',
        topology: { kind: 'standalone', endpoint: { host: 'localhost', port: 6379 } },
      },
    ],
    [
      'rediss://us%3Aer:p%40ss%2Fw:x@[::1]:6380/12?x=y',
      {
        kind: 'redis',
        tls: true,
        username: 'us:er',
        password: 'p@ss/w:x',
        db: 12,
        topology: { kind: 'standalone', endpoint: { host: '::1', port: 6380 } },
      },
    ],
    [
      'rediss+sentinel://:pw@s1,s2:1234/my%20primary/3',
      {
        kind: 'redis',
        tls: true,
        username: undefined,
        password: 'pw',
        db: 3,
        topology: {
          kind: 'sentinel',
          sentinels: [
            { host: 's1', port: 26_379 },
            { host: 's2', port: 1234 },
          ],
          primaryName: 'my primary',
        },
      },
    ],
    [
      'redis+cluster://10.0.0.1:7000,10.0.0.2:7001/',
      {
        ...plain,
        topology: {
          kind: 'cluster',
          nodes: [
            { host: '10.0.0.1', port: 7000 },
            { host: '10.0.0.2', port: 7001 },
          ],
        },
      },
    ],
  ] as const) {
    it(text, () => assert.deepEqual(parseRedisUrl(text), expected))
  }

  for (const [text, why] of [
    ['http://hidden@host', /not a Redis URL/],
    ['hidden', /not a Redis URL/],
    ['redis+primary://hidden@host', /not a Redis URL/],
    ['redis://u:%hidden@host', /percent-encoded/],
    ['redis://u:hidden@/0', /host:port/],
    ['redis://u:hidden@host:0', /host:port/],
    ['redis://u:hidden@host:65536', /host:port/],
    ['redis://u:hidden@a b', /host:port/],
    ['redis+cluster://u:hidden@a,,b', /host:port/],
    ['redis://u:hidden@a,b', /redis\+sentinel/],
    ['redis://u:hidden@host/name', /database/],
    ['redis+sentinel://u:hidden@a,b', /name of the primary/],
    ['redis+sentinel://u:hidden@a,b/%hidden', /name of the primary/],
    ['redis+sentinel://u:hidden@a,b/primary/x', /database/],
    ['redis+cluster://u:hidden@a/1', /no numbered databases/],
  ] as const) {
    it(`${text} is none, and is not repeated`, () => {
      const parsed = parseRedisUrl(text)
      assert.ok(parsed.kind === 'malformed')
      assert.match(parsed.why, why)
      assert.doesNotMatch(parsed.why, /hidden/)
    })
  }
})
