import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { get, headerOf, startConfigured, type WrittenConfig } from '../../support/configured-proxy.ts'
import { Recorder, type RecordedRequest } from '../../support/recorder.ts'

/** What a client got and an upstream saw under some global options. */
async function under(
  options: Readonly<Record<string, unknown>>,
  target: string,
  ...lines: string[]
): Promise<{ status: number; location: string | undefined; seen: RecordedRequest | undefined; asked: string[] }> {
  await using upstream = await Recorder.start()
  const written: WrittenConfig = {
    ...options,
    routes: [{ from: 'https://app.test', to: upstream.url.href, allow_websockets: true }],
  }
  await using proxy = await startConfigured(written)
  const answer = await get(proxy.port, `app.test${target}`, ...lines)
  const asked = proxy.checker.questions.map(({ facts }) => facts.path)
  return { status: answer.status, location: headerOf(answer, 'location'), seen: upstream.requests[0], asked }
}

describe('path options: the policy and the upstream see the same path', () => {
  const cases = [
    [{}, '/a//b/../c', '/a/c'],
    [{ merge_slashes: false }, '/a//b', '/a//b'],
    [{ normalize_path: false }, '/a/../b', '/a/../b'],
    [{ path_with_escaped_slashes_action: 'keep_unchanged' }, '/a%2fb', '/a%2Fb'],
    [{ path_with_escaped_slashes_action: 'unescape_and_forward' }, '/a%2fb', '/a/b'],
  ] as const
  for (const [options, sent, expected] of cases) {
    it(`${JSON.stringify(options)}: ${sent} is ${expected} to both`, async () => {
      const { seen, asked } = await under(options, sent)
      assert.deepEqual([seen?.target, asked], [expected, [expected]])
    })
  }

  it('an escaped slash is refused unless something else is wanted', async () => {
    assert.equal((await under({}, '/a%2Fb')).status, 400)
    assert.equal((await under({ path_with_escaped_slashes_action: 'reject_request' }, '/a%5Cb')).status, 400)
  })

  it('unescape_and_redirect: to the plain path on the same host, wherever that path leads', async () => {
    const options = { path_with_escaped_slashes_action: 'unescape_and_redirect', merge_slashes: false }
    const redirected = await under(options, '/%2Fevil.test/x?y=%2F')
    assert.deepEqual([redirected.status, redirected.location], [307, 'https://app.test//evil.test/x?y=%2F'])
    assert.deepEqual([redirected.seen, redirected.asked], [undefined, []])
    const upgrade = await under(options, '/a%2Fb', 'Connection: Upgrade', 'Upgrade: websocket')
    assert.equal(upgrade.status, 400)
    assert.equal((await under(options, '/a/b')).seen?.target, '/a/b')
  })
})

describe('headers_with_underscores_action', () => {
  for (const [action, status, values] of [
    ['reject_request', 400, undefined],
    ['drop_header', 200, []],
    ['allow', 200, ['1']],
  ] as const) {
    it(`${action}: ${status}`, async () => {
      const answer = await under({ headers_with_underscores_action: action }, '/', 'X_Mine: 1')
      assert.deepEqual([answer.status, answer.seen?.values('x_mine')], [status, values])
    })
  }

  it('allow does not let a client say who it is (HDR-04)', async () => {
    const lines = ['X_Pomerium_Claim_Email: admin@x', 'Content_Length: 5', 'X_Forwarded_For: 1.2.3.4']
    const { seen } = await under({ headers_with_underscores_action: 'allow' }, '/', ...lines)
    assert.deepEqual(
      seen?.headers.filter(([name]) => name.includes('_')),
      [],
    )
  })
})

describe('X-Forwarded-For', () => {
  const cases = [
    ['nobody is trusted', {}, '203.0.113.9', '127.0.0.1'],
    ['one hop', { xff_num_trusted_hops: 1 }, '198.51.100.1, 203.0.113.9', '203.0.113.9, 127.0.0.1'],
    [
      'two hops',
      { xff_num_trusted_hops: 2 },
      '198.51.100.1, 203.0.113.9, 192.0.2.2',
      '203.0.113.9, 192.0.2.2, 127.0.0.1',
    ],
    ['not appended', { xff_num_trusted_hops: 1, skip_xff_append: true }, '203.0.113.9', '203.0.113.9'],
  ] as const
  for (const [title, options, sent, expected] of cases) {
    it(`${title}: ${expected}`, async () => {
      const { seen } = await under(options, '/', `X-Forwarded-For: ${sent}`)
      assert.deepEqual(seen?.values('x-forwarded-for'), [expected])
    })
  }
})
