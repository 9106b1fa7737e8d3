import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import { deriveKey, keyPurposes } from '@postern/shared/crypto/keys.ts'
import { signUrl } from '@postern/shared/crypto/signed-url.ts'
import { Secret } from '@postern/shared/secret.ts'
import type { GlobalTheme } from '../run-globals.ts'
import type { RunningStack } from '../running-stack.ts'
import { newBrowser, wayToProvider } from './sign-in.ts'

const secret = randomBytes(32).toString('base64')
const formerSecret = randomBytes(32).toString('base64')
const cookieSecret = randomBytes(32).toString('base64')
const formerCookieSecret = randomBytes(32).toString('base64')

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaPem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

const signedIn = { allow_public_unauthenticated_access: undefined, allow_any_authenticated_user: true }

/** Whether a link to the sign-in counts that somebody signed who has this secret. */
const takesLinkSignedWith = (text: string) => async (stack: RunningStack) => {
  const { link } = await wayToProvider(stack)
  for (const name of [...link.searchParams.keys()]) {
    if (/signature|expiry|issued/.test(name)) link.searchParams.delete(name)
  }
  const key = deriveKey(new Secret(text), keyPurposes.signedUrl)
  return (await newBrowser(stack).get(signUrl(link, key, new Date(), 60_000))).status
}

/** What becomes of a sign-in that began at another instance with this cookie secret. */
const finishesWhatBeganWith = (text: string) => async (stack: RunningStack) => {
  const { idp } = stack.bench
  await using other = await stack.bench.start({
    cookie_secret: text,
    shared_secret: secret,
    routes: JSON.stringify([{ from: 'https://app.test', to: stack.bench.surroundings.apps.one, ...signedIn }]),
  })
  const browser = newBrowser(other)
  const { atProvider } = await wayToProvider(other, browser)
  const here = newBrowser(stack)
  for (const [name, value] of browser.jar) here.jar.set(name, value)
  return (await here.get(idp.approve(atProvider))).status
}

/** The algorithm of the assertion, and whether the RSA key above made it. */
async function assertionOf(stack: RunningStack): Promise<unknown> {
  const { echo } = await stack.ask('app.test', { as: 'ada' })
  const [header = '', claims = '', signature = ''] = (echo?.headers['x-pomerium-jwt-assertion']?.[0] ?? '').split('.')
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string }
  const signed = Buffer.from(`${header}.${claims}`)
  const isRsa =
    alg === 'RS256' && verify('sha256', signed, createPublicKey(rsaPem), Buffer.from(signature, 'base64url'))
  const published = (await stack.ask('app.test', { path: '/.well-known/pomerium/jwks.json' })).body
  return [alg, isRsa, (JSON.parse(published) as { keys: { kty: string }[] }).keys.map(({ kty }) => kty)]
}

export const secrets: GlobalTheme = {
  title: 'secrets',
  routes: () => [{ ...signedIn, pass_identity_headers: true }],
  rows: [
    { key: 'shared_secret', file: secret, observe: takesLinkSignedWith(secret), given: 302, leftOut: 400 },
    {
      key: 'shared_secret_accepted',
      title: 'links of the next and of the former one count',
      file: `"${randomBytes(32).toString('base64')} ${formerSecret}"`,
      env: `${randomBytes(32).toString('base64')}\n${formerSecret}`,
      observe: takesLinkSignedWith(formerSecret),
      given: 302,
      leftOut: 400,
    },
    {
      key: 'cookie_secret',
      file: cookieSecret,
      observe: finishesWhatBeganWith(cookieSecret),
      beside: { shared_secret: secret },
      given: 302,
      leftOut: 400,
    },
    {
      key: 'cookie_secret_accepted',
      file: formerCookieSecret,
      observe: finishesWhatBeganWith(formerCookieSecret),
      beside: { shared_secret: secret },
      given: 302,
      leftOut: 400,
    },
    {
      key: 'signing_key',
      title: 'PEM',
      file: JSON.stringify(rsaPem),
      env: rsaPem,
      observe: assertionOf,
      given: ['RS256', true, ['RSA']],
      leftOut: ['ES256', false, ['EC']],
    },
    {
      key: 'signing_key',
      title: 'the base64 of it',
      file: Buffer.from(rsaPem).toString('base64'),
      observe: assertionOf,
      given: ['RS256', true, ['RSA']],
      leftOut: ['ES256', false, ['EC']],
    },
  ],
}
