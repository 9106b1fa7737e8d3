import { ruleOfSignIn } from './verdict.ts'

let former: unknown

ruleOfSignIn('O6: an ID token has the nonce of this very attempt (OIDC-07)', {
  refused: [
    ['no nonce', { claims: ({ nonce: _, ...claims }) => claims }],
    ['another nonce', { claims: (claims) => ({ ...claims, nonce: 'x'.repeat(43) }) }],
    ['an empty nonce', { claims: (claims) => ({ ...claims, nonce: '' }) }],
    [
      'the nonce of the attempt before',
      {
        claims: (claims) => {
          former ??= 'A'.repeat(43)
          const before = former
          former = claims['nonce']
          return { ...claims, nonce: before }
        },
      },
    ],
  ],
  accepted: [['the nonce', {}]],
})
