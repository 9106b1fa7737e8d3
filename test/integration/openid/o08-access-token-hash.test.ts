import { ruleOfSignIn } from './verdict.ts'

ruleOfSignIn('O8: at_hash, where it is there, is that of the access token (OIDC-08)', {
  refused: [
    ['another at_hash', { claims: (claims) => ({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }) }],
    ['an empty at_hash', { claims: (claims) => ({ ...claims, at_hash: '' }) }],
    ['an access token that came in its place', { tokens: (answer) => ({ ...answer, access_token: 'another' }) }],
  ],
  accepted: [['no at_hash', { claims: ({ at_hash: _, ...claims }) => claims }]],
})
