import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { it } from 'node:test'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { startWholeStack } from '../../support/whole-stack.ts'

const routes =
  '- {from: https://app.test, to: UPSTREAM, allow_any_authenticated_user: true, pass_identity_headers: true}'
const newPem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** What an application behind `app.test` sees of Postern with these keys: an assertion, and the keys of its own host. */
async function seenWith(...pems: readonly string[]): Promise<{ assertion: string; keySet: JSONWebKeySet }> {
  const settings = `signing_key: ${Buffer.from(pems.join('')).toString('base64')}`
  await using stack = await startWholeStack({ routes, settings })
  const browser = stack.newBrowser()
  assert.equal((await stack.visit(browser, 'https://app.test/')).status, 200)
  const answer = await stack.newBrowser().get('https://app.test/.well-known/pomerium/jwks.json')
  assert.equal(answer.status, 200)
  return {
    assertion: String(stack.seen.at(-1)?.headers['x-pomerium-jwt-assertion']),
    keySet: JSON.parse(answer.body) as JSONWebKeySet,
  }
}

it('while the signing key is replaced every assertion is verified by the keys that the route’s host publishes (JWT-19)', async () => {
  const [former, next] = [newPem(), newPem()]
  const before = await seenWith(former)
  const announced = await seenWith(former, next)
  const during = await seenWith(next, former)
  const after = await seenWith(next)
  const verifies = async (assertion: string, keySet: JSONWebKeySet): Promise<boolean> =>
    jwtVerify(assertion, createLocalJWKSet(keySet), { audience: 'app.test', issuer: 'app.test' }).then(
      () => true,
      () => false,
    )
  // The row's assertion, by the column's keys: an application may have read them a while ago, or just now.
  const table = []
  for (const { assertion } of [before, announced, during, after]) {
    const row = []
    for (const { keySet } of [before, announced, during, after]) row.push(await verifies(assertion, keySet))
    table.push(row)
  }
  assert.deepEqual(table, [
    [true, true, true, false],
    [true, true, true, false],
    [false, true, true, true],
    [false, true, true, true],
  ])
})
