import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '@postern/shared/clock.ts'
import type { AuthenticateConfig, IdpConfig } from '@postern/shared/config/model.ts'
import { Secret } from '@postern/shared/secret.ts'
import { idpIdOf } from '@postern/shared/session/idp-id.ts'
import { ProvidersInUse } from './providers-in-use.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }

// Nobody listens there: the providers are made all the same.
const usual: IdpConfig = {
  provider: 'oidc',
  issuer: new URL('http://127.0.0.1:1'),
  clientId: 'usual',
  clientSecret: new Secret('s'),
  scopes: undefined,
  requestParams: undefined,
}
const own: IdpConfig = { ...usual, clientId: 'its-own' }

it('a new configuration makes the clients that changed anew, and leaves the others as they are', () => {
  const config = (idp: IdpConfig, ...routeIdps: IdpConfig[]) =>
    ({ idp, routeIdps, authenticateUrl: new URL('https://auth.test') }) as unknown as AuthenticateConfig
  let changed: ((next: AuthenticateConfig) => void) | undefined
  const subscribe = (listener: (next: AuthenticateConfig) => void): Disposable => {
    changed = listener
    return { [Symbol.dispose]: () => undefined }
  }
  const live = { current: config(usual), subscribe }
  using idps = new ProvidersInUse(live, { clock: systemClock, log: silent })
  const first = idps.usual
  const id = idpIdOf(own.issuer, own.clientId)
  assert.equal(idps.find(id), undefined)

  changed?.(config({ ...usual, clientSecret: new Secret('s') }, own))
  assert.equal(idps.usual, first, 'the same, said again')
  const route = idps.find(id)
  assert.equal(route?.clientId, 'its-own')

  changed?.(config({ ...usual, clientSecret: new Secret('rotated') }, own))
  assert.notEqual(idps.usual, first, 'its secret changed')
  assert.equal(idps.usual.id, first.id, 'and its sessions are still its own')
  assert.equal(idps.find(id), route)

  changed?.(config(usual))
  assert.equal(idps.find(id), undefined, 'no route has it any more')
})
