import { ruleOfSignIn } from './verdict.ts'

ruleOfSignIn('O3: an ID token is for us, and where it is for others too it was given to us (OIDC-04)', {
  refused: [
    ['another audience', { claims: (claims) => ({ ...claims, aud: 'somebody' }) }],
    ['no audience', { claims: ({ aud: _, ...claims }) => claims }],
    ['no audience in a list', { claims: (claims) => ({ ...claims, aud: [] }) }],
    ['two audiences without azp', { claims: (claims) => ({ ...claims, aud: ['postern', 'other'] }) }],
    ['two audiences and another azp', { claims: (claims) => ({ ...claims, aud: ['postern', 'other'], azp: 'other' }) }],
    ['an azp of another client, for us alone', { claims: (claims) => ({ ...claims, azp: 'other' }) }],
  ],
  accepted: [
    ['us in a list', { claims: (claims) => ({ ...claims, aud: ['postern'] }) }],
    ['two audiences and our azp', { claims: (claims) => ({ ...claims, aud: ['postern', 'x'], azp: 'postern' }) }],
  ],
})
