import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { CheckAnswer } from '@postern/shared/vocabulary/check.ts'
import { Secret } from '@postern/shared/secret.ts'
import { Deployment, type Person, type Secrets } from './deployment.ts'

const newSecret = (): string => randomBytes(32).toString('base64')
const newPerson = (): Person => ({ cookies: new Map(), credential: undefined })

const orders = [
  ['authorize first', ['restartAuthorize', 'restartAuthenticate']],
  ['authenticate first', ['restartAuthenticate', 'restartAuthorize']],
] as const

function keyIdOf(answer: CheckAnswer): string {
  assert.equal(answer.kind, 'allow')
  const assertion = answer.setHeaders.find(([name]) => name.toLowerCase() === 'x-pomerium-jwt-assertion')?.[1] ?? ''
  const header = Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString()
  return (JSON.parse(header) as { kid: string }).kid
}

/** Security case CRY-04. The steps are those of docs/operations/keys.md: accept the new one, sign with it, drop the old one. */
describe('secrets that are replaced while people are signed in', () => {
  const [former, next] = [newSecret(), newSecret()]
  const steps: readonly (readonly [what: string, secrets: Secrets])[] = [
    ['the next one is accepted', { shared: [former, next] }],
    ['the next one signs', { shared: [next, former] }],
  ]

  for (const [order, restarts] of orders) {
    it(`sign nobody out, and let everybody in, at any moment: ${order}`, async () => {
      await using deployment = await Deployment.start({ shared: [former] })
      const ada = newPerson()
      await deployment.signIn(ada)
      for (const [what, secrets] of steps) {
        for (const restart of restarts) {
          await deployment[restart](secrets)
          const at = `${what}, after ${restart}`
          const answer = await deployment.check(ada)
          assert.equal(answer.kind, 'allow', at)
          assert.ok((await deployment.publishedKeyIds()).includes(keyIdOf(answer)), at)
          assert.deepEqual(await deployment.signIn({ ...ada }), { atIdp: false }, `a second route: ${at}`)
          const grace = newPerson()
          assert.deepEqual(await deployment.signIn(grace), { atIdp: true }, at)
          assert.equal((await deployment.check(grace)).kind, 'allow', at)
        }
      }
    })

    it(`in one step keep those who are signed in: ${order}`, async () => {
      await using deployment = await Deployment.start({ shared: [former] })
      const ada = newPerson()
      await deployment.signIn(ada)
      for (const restart of restarts) {
        await deployment[restart]({ shared: [next, former] })
        assert.equal((await deployment.check(ada)).kind, 'allow', restart)
      }
      await deployment.signIn(ada)
      for (const restart of restarts) await deployment[restart]({ shared: [next] })
      assert.equal((await deployment.check(ada)).kind, 'allow', 'whoever came by meanwhile has the new ones')
    })
  }

  it('ask people to sign in again when the old one is gone too early, and break nothing', async () => {
    await using deployment = await Deployment.start({ shared: [former] })
    const ada = newPerson()
    await deployment.signIn(ada)
    for (const restart of orders[0][1]) await deployment[restart]({ shared: [next] })
    const answer = await deployment.check(ada)
    assert.equal(answer.kind === 'sign-in' && answer.credentialRefused, true)
    assert.deepEqual(await deployment.signIn(ada), { atIdp: true })
    assert.equal((await deployment.check(ada)).kind, 'allow')
  })

  it('a sign-in that was under way ends well with the old cookie secret, and on a page without it', async () => {
    const secrets = { shared: [former], cookie: [former] }
    await using deployment = await Deployment.start(secrets)
    const [early, late] = [newPerson(), newPerson()]
    const [first, second] = [await deployment.beginSignIn(early), await deployment.beginSignIn(late)]
    await deployment.restartAuthenticate({ ...secrets, cookie: [next, former] })
    assert.equal(await first.finish(), 302)
    await deployment.restartAuthenticate({ ...secrets, cookie: [next] })
    assert.equal(await second.finish(), 400)
  })

  it('open the IdP’s tokens that the old one sealed, and end the session where they cannot', async () => {
    await using deployment = await Deployment.start({ shared: [former] })
    deployment.idp.expiresInSeconds = 1 // due at once, always
    const [ada, grace] = [newPerson(), newPerson()]
    for (const person of [ada, grace]) await deployment.signIn(person)
    await deployment.restartAuthenticate({ shared: [next, former] })
    assert.equal(await deployment.refresh(ada), 'OUTCOME_REFRESHED')
    await deployment.restartAuthenticate({ shared: [next] })
    assert.equal(await deployment.refresh(ada), 'OUTCOME_REFRESHED', 'sealed anew with the new one')
    assert.equal(await deployment.refresh(grace), 'OUTCOME_ENDED')
    assert.equal((await deployment.check(grace)).kind, 'sign-in')
  })

  it('a signing key of its own is published before it signs, and after (JWT-19)', async () => {
    const pem = (): string =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const [one, other] = [pem(), pem()]
    const withKeys = (...pems: string[]): Secrets => ({
      shared: [former],
      signing: { kind: 'pem', pem: new Secret(pems.join('')) },
    })
    await using deployment = await Deployment.start(withKeys(one))
    const ada = newPerson()
    await deployment.signIn(ada)
    const firstKey = keyIdOf(await deployment.check(ada))
    await deployment.restartAuthorize(withKeys(one, other))
    assert.equal(keyIdOf(await deployment.check(ada)), firstKey)
    const published = await deployment.publishedKeyIds()
    await deployment.restartAuthorize(withKeys(other, one))
    assert.equal(keyIdOf(await deployment.check(ada)), published[1])
    assert.deepEqual(new Set(await deployment.publishedKeyIds()), new Set(published))
    assert.ok(published.includes(firstKey))
  })

  it('publish the derived signing keys of both, and sign with the first', async () => {
    await using deployment = await Deployment.start({ shared: [former] })
    const ada = newPerson()
    await deployment.signIn(ada)
    const formerKey = keyIdOf(await deployment.check(ada))
    await deployment.restartAuthorize({ shared: [next, former] })
    const nextKey = keyIdOf(await deployment.check(ada))
    assert.notEqual(nextKey, formerKey)
    assert.deepEqual(await deployment.publishedKeyIds(), [nextKey, formerKey])
  })
})
