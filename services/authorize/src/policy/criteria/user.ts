import { membershipOf, parseStringMatcher } from '../matchers/string-matcher.ts'
import { personCriterion, type CriterionKind } from './criterion-kind.ts'

/** The IdP's id of the person (`sub`), which is not the e-mail address. Case matters. */
export const user: CriterionKind = {
  name: 'user',
  takesSubPath: false,
  parse(entry) {
    const matcher = parseStringMatcher(entry)
    if (matcher === undefined) return undefined
    return personCriterion(entry, {
      summary: `user id ${matcher.summary}`,
      ok: 'user-ok',
      refused: 'user-unauthorized',
      lookup: matcher.oneOf && { fact: 'userId', values: matcher.oneOf },
      membership: membershipOf(matcher, 'user', ({ userId }) => userId),
      matches: ({ userId }) => matcher.matches(userId),
      compared: ({ userId }) => userId,
    })
  },
}
