import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { ruleOfSignIn } from './verdict.ts'

const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = createPublicKey(other.privateKey).export({ type: 'spki', format: 'pem' })
const hs256 = (key: string | Buffer) => (input: string) => createHmac('sha256', key).update(input).digest('base64url')

ruleOfSignIn(
  'O4: an ID token is signed by a key of the IdP, with an algorithm that only it can use (OIDC-01, OIDC-02)',
  {
    refused: [
      ['a bad signature', { signature: () => Buffer.alloc(256, 7).toString('base64url') }],
      [
        'a signature by another key',
        { signature: (input) => sign('sha256', Buffer.from(input), other.privateKey).toString('base64url') },
      ],
      ['no signature', { signature: () => '' }],
      ['no signature and alg none', { header: () => ({ alg: 'none' }), signature: () => '' }],
      ['alg NONE', { header: () => ({ alg: 'NONE' }), signature: () => '' }],
      ['an HMAC with our client secret', { header: () => ({ alg: 'HS256' }), signature: hs256('the client secret') }],
      ['an HMAC with a public key', { header: () => ({ alg: 'HS256' }), signature: hs256(pem) }],
      ['a critical extension that nobody knows', { header: (header) => ({ ...header, crit: ['b64'], b64: false }) }],
    ],
    accepted: [['what the IdP signed', {}]],
  },
)
