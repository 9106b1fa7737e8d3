import { ruleOfSignIn } from './verdict.ts'

ruleOfSignIn('O11: sub is a text of at most 255 ASCII characters, and the person (OIDC-09)', {
  refused: [
    ['no subject', { claims: ({ sub: _, ...claims }) => claims }],
    ['an empty subject', { claims: (claims) => ({ ...claims, sub: '' }) }],
    ['a number', { claims: (claims) => ({ ...claims, sub: 7 }) }],
    ['a subject of 256 characters', { claims: (claims) => ({ ...claims, sub: 'a'.repeat(256) }) }],
    ['a subject beyond ASCII', { claims: (claims) => ({ ...claims, sub: 'adá' }) }],
    ['a subject with a line feed', { claims: (claims) => ({ ...claims, sub: 'ada\n' }) }],
    ['the subject in upper case, which is somebody else', { claims: (claims) => ({ ...claims, sub: 'ADA' }) }],
  ],
  accepted: [
    [
      'a subject of 255 characters',
      {
        claims: (claims) => ({ ...claims, sub: 'a'.repeat(255) }),
        userInfo: (claims) => ({ ...claims, sub: 'a'.repeat(255) }),
      },
    ],
  ],
})
