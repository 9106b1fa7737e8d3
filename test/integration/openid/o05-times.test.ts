import { now, ruleOfSignIn } from './verdict.ts'

ruleOfSignIn('O5: an ID token is good now, by clocks that differ by half a minute at most (OIDC-05)', {
  refused: [
    ['what expired five minutes ago', { claims: (claims) => ({ ...claims, exp: now() - 300 }) }],
    ['what expired a minute ago', { claims: (claims) => ({ ...claims, exp: now() - 60 }) }],
    ['no expiry', { claims: ({ exp: _, ...claims }) => claims }],
    ['an expiry in words', { claims: (claims) => ({ ...claims, exp: String(claims['exp']) }) }],
    ['what will be issued in ten minutes', { claims: (claims) => ({ ...claims, iat: now() + 600 }) }],
    ['what was issued an hour ago', { claims: (claims) => ({ ...claims, iat: now() - 3_600 }) }],
    ['no time of issue', { claims: ({ iat: _, ...claims }) => claims }],
    ['what will be good in ten minutes', { claims: (claims) => ({ ...claims, nbf: now() + 600 }) }],
  ],
  accepted: [
    ['what expired by a clock a little ahead', { claims: (claims) => ({ ...claims, exp: now() - 10 }) }],
    ['what was issued by a clock a little ahead', { claims: (claims) => ({ ...claims, iat: now() + 10 }) }],
  ],
})
