import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RequestFacts } from '@postern/shared/vocabulary/request-facts.ts'
import { certificateFacts, withCertificateFacts } from './certificate-facts.ts'
import { compilePolicy } from './policy/compile-policy.ts'
import { decide } from './policy/decide.ts'
import { parsePolicy } from './policy/parse-policy.ts'

/** Made with OpenSSL: one name of each kind, and a second of the first kind. */
const named = der(`
MIIBozCCAUmgAwIBAgIUZSBEPp8eCktDEojO+JkRPmN9M0owCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGY2xpZW50MB4XDTI2MTEy
MjEyMjI0OVoXDTM2MTExOTEyMjI0OVowETEPMA0GA1UEAwwGY2xpZW50MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWvOqInFH
6SOf0SrHK2yFYpsAS2avqtwQEH1A4iIlQm8R7NmhR/gvBinH3s1GJBVfOdbkHEZxNAAcCFf6c5/N4KN/MH0wXAYDVR0RBFUwU4IN
YS5leGFtcGxlLmNvbYEPb3BzQGV4YW1wbGUuY29thwTAAAIBhhpzcGlmZmU6Ly9leGFtcGxlLmNvbS9yb2JvdIIPKi5iLmV4YW1w
bGUuY29tMB0GA1UdDgQWBBTGt2kViXyjMp7CZotVJwJY8r4nfzAKBggqhkjOPQQDAgNIADBFAiEAvn1Xcl5GpW1F5pXcFvJ0qluT
cMholKhAo39xgOQqBJgCIGlSQVoln05ODVYTQX7axfhELrFEWRa8IK7k+AbRA4jU
`)

/** One URI, which tries to look like a URI and a DNS name. */
const smuggling = der(`
MIIBezCCASGgAwIBAgIUOwIopp+6AqobG72lnJLNUUzWdnIwCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGY2xpZW50MB4XDTI2MTEy
MjEyMjI0OVoXDTM2MTExOTEyMjI0OVowETEPMA0GA1UEAwwGY2xpZW50MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEajLqXF31
Nge15qnylYRTZmjcp2pQ8derRRHsc3NjzMrTSmYtNTr6Ag4CbIW1QoFgX3YZdNH+lOIlw3t3kkTvNKNXMFUwNAYDVR0RBC0wK4Yp
aHR0cHM6Ly94LyIsIEROUzphZG1pbi5leGFtcGxlLmNvbSwgRE5TOiIwHQYDVR0OBBYEFNZw/u1yOYnqpgMpVhYbUcCEV/K3MAoG
CCqGSM49BAMCA0gAMEUCIGozPKDdRGGh0iIVepO8Y6pzzRG305Gjtkt2dns5SfBzAiEAvXoH4me+tqOZKCe80ktTVzG8VRo8dEaG
F5ocxrKYhiU=
`)

function der(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function factsWith(der: Uint8Array, valid: boolean): RequestFacts {
  return {
    method: 'GET',
    host: 'app.example.com',
    path: '/',
    query: '',
    headers: new Map(),
    clientAddress: '203.0.113.9',
    clientCertificate: { presented: true, valid, der },
  }
}

function outcome(criterion: unknown, facts: RequestFacts): string {
  const parsed = parsePolicy({ allow: { and: [{ client_certificate: criterion }] } })
  assert.ok(parsed.kind === 'ok')
  return decide(compilePolicy(parsed.policy), withCertificateFacts(facts), undefined, new Date(0)).kind
}

describe('a client certificate', () => {
  it('is known by its hashes, as OpenSSL prints them', () => {
    const fingerprint =
      '30:64:98:AB:D8:6C:81:9B:A0:3B:F8:B6:86:8A:57:92:FF:92:FB:9A:D8:C4:75:A1:D7:2B:62:47:71:91:B7:58'
    const spkiHash = 'Bu2m4ZahIhVQ83ydGcGMrib/C2ZyRSsLaStuCnE7cnc='
    assert.equal(certificateFacts(named).fingerprint, fingerprint.replaceAll(':', '').toLowerCase())
    assert.equal(certificateFacts(named).spkiHash, spkiHash)
    assert.equal(outcome({ fingerprint, spki_hash: spkiHash }, factsWith(named, true)), 'allow')
    assert.equal(outcome({ fingerprint, spki_hash: spkiHash }, factsWith(smuggling, true)), 'deny')
  })

  it('has its alternative names by kind', () => {
    const { sanDns, sanEmail, sanUri } = certificateFacts(named)
    assert.deepEqual(
      { sanDns, sanEmail, sanUri },
      {
        sanDns: ['a.example.com', '*.b.example.com'],
        sanEmail: ['ops@example.com'],
        sanUri: ['spiffe://example.com/robot'],
      },
    )
  })

  it('cannot smuggle a second name into one', () => {
    const { sanDns, sanUri } = certificateFacts(smuggling)
    assert.deepEqual({ sanDns, sanUri }, { sanDns: [], sanUri: ['https://x/", DNS:admin.example.com, DNS:"'] })
    assert.equal(outcome({ san_dns: 'admin.example.com' }, factsWith(smuggling, true)), 'deny')
  })

  it('is not looked at where it is not valid, and nothing is decided about one that is none', async () => {
    const garbage = Uint8Array.of(1, 2, 3)
    assert.equal(outcome({ san_dns: 'a.example.com' }, factsWith(garbage, false)), 'deny')
    assert.throws(() => outcome({ san_dns: 'a.example.com' }, factsWith(garbage, true)))
  })
})
