import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { serve } from '@postern/dev/serve.ts'
import { startVerify, type VerifyAnswer } from '@postern/dev/verify.ts'
import { CertificateAuthority } from '@postern/dev/x509/certificate-authority.ts'

it('verify reads the keys of its route over https, as it does on Cloud Run', async () => {
  const authority = new CertificateAuthority('of the Internet')
  setDefaultCACertificates([authority.certificate])
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] })
  const hosts: (string | undefined)[] = []
  const answer = (request: { headers: { host?: string } }, response: { end(text: string): void }): void => {
    hosts.push(request.headers.host)
    response.end(keySet)
  }
  const tls = authority.issue({ commonName: 'localhost', dnsNames: ['localhost', 'verify.example.com'] })
  await using proxy = await serve(answer as never, { tls })
  const routeHost = 'verify.example.com'
  await using verify = await startVerify({ proxy: `https://localhost:${String(proxy.port)}`, routeHost })
  const assertion = await new SignJWT({ email: 'ada@example.com' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(routeHost)
    .setAudience(routeHost)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)
  const response = await fetch(verify.url, {
    headers: { accept: 'application/json', 'x-pomerium-jwt-assertion': assertion },
  })
  const { assertion: verdict } = (await response.json()) as VerifyAnswer
  assert.equal(verdict.kind, 'verified', JSON.stringify(verdict))
  assert.deepEqual(hosts, [routeHost])
})
