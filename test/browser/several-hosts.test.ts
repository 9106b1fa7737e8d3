import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ada } from '@postern/dev/idp/people.ts'
import { startStack } from '@postern/dev/stack.ts'
import { newVisitor, openChromium, signInAs } from '../support/chromium.ts'
import { recordingLog } from '../support/recording-log.ts'

it('a page and the API it depends on: one sign-in for both, and a 401 that the page can read', async () => {
  const dependent = (yaml: string): string =>
    yaml.replace('  - name: hello\n', '  - name: hello\n    depends_on: [verify.localhost]\n')
  await using stack = await startStack({
    processEnvironment: process.env,
    log: recordingLog(),
    configure: dependent,
  })
  await using browser = await openChromium()
  const api = stack.verifyRouteUrl

  await using stranger = await newVisitor(browser)
  await stranger.page.goto(`${stack.helloUrl}/robots.txt`)
  const refused = await stranger.page.evaluate(async (url) => {
    const response = await fetch(url, { credentials: 'include' })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }, api)
  assert.equal(refused.status, 401)
  assert.match(String(refused.body['sign_in_url']), /\/\.pomerium\/sign_in\?/)

  await using visitor = await newVisitor(browser)
  const visited: string[] = []
  visitor.page.on('request', (request) => visited.push(new URL(request.url()).pathname))
  await signInAs(visitor.page, `${stack.helloUrl}/deep?q=1`, stack.identityProvider.issuer, ada)
  await visitor.page.waitForURL(`${stack.helloUrl}/deep?q=1`)
  assert.ok(visited.includes('/.pomerium/continue'))
  const hosts = (await visitor.context.cookies()).filter(({ name }) => name === '_pomerium').map(({ domain }) => domain)
  assert.deepEqual(hosts.toSorted(), ['hello.localhost', 'verify.localhost'])
  const before = visited.length
  await visitor.page.goto(api)
  assert.deepEqual(
    visited.slice(before).filter((path) => path.startsWith('/.pomerium/')),
    [],
  )
})
