import assert from 'node:assert/strict'
import type { SessionHandle } from '@postern/shared/session/session.ts'
import type { AuthenticateUnderTest } from '../../support/authenticate-under-test.ts'
import type { WebAnswer } from '../../support/web-client.ts'

export const endpoint = 'https://auth.test/.pomerium/backchannel_logout'

/** As an IdP does it: no browser, no cookie, no origin. */
export function send(service: AuthenticateUnderTest, form: Readonly<Record<string, string>>): Promise<WebAnswer> {
  return service.newBrowser().send(endpoint, { method: 'POST', form, headers: { accept: '*/*', 'sec-fetch-mode': '' } })
}

export async function isOver(service: AuthenticateUnderTest, handle: SessionHandle): Promise<boolean> {
  return (await service.store.find(handle)).kind === 'absent'
}

export async function signInAs(service: AuthenticateUnderTest, subject: string, sid?: string): Promise<SessionHandle> {
  Object.assign(service.idp, { subject, sid })
  const answer = await service.signIn(service.newBrowser())
  assert.equal(answer.status, 302)
  return service.lastSession()
}
