import { ruleOfSignIn } from './verdict.ts'

ruleOfSignIn('O2: the issuer of an ID token is exactly that of the discovery document (OIDC-03)', {
  refused: [
    ['another issuer', { claims: (claims) => ({ ...claims, iss: 'https://evil.example.com' }) }],
    ['the issuer with a slash more', { claims: (claims) => ({ ...claims, iss: `${String(claims['iss'])}/` }) }],
    [
      'the issuer in another spelling',
      { claims: (claims) => ({ ...claims, iss: String(claims['iss']).toUpperCase() }) },
    ],
    ['no issuer', { claims: ({ iss: _, ...claims }) => claims }],
    ['several issuers', { claims: (claims) => ({ ...claims, iss: [claims['iss']] }) }],
  ],
  accepted: [['the issuer', {}]],
})
