import { parseListMatcher } from '../matchers/list-matcher.ts'
import { membersOf, type Question } from '../question.ts'
import { personCriterion, type CriterionKind } from './criterion-kind.ts'

/** What the IdP said about the person. Objects are flattened: `claim/address/country` and `claim/address.country`. */
export const claim: CriterionKind = {
  name: 'claim',
  takesSubPath: true,
  parse(entry) {
    const matcher = parseListMatcher(entry)
    const path = entry.subPath
    if (matcher === undefined || path === undefined) return undefined
    const dotted = path.replaceAll('/', '.')
    // A claim may itself be named with slashes, `https://example.com/roles`; then that is the one.
    const nameFor = ({ identity }: Question): string =>
      identity !== undefined && Object.hasOwn(identity.claims, path) ? path : dotted
    return personCriterion(entry, {
      summary: `claim ${path} ${matcher.summary}`,
      ok: 'claim-ok',
      refused: 'claim-unauthorized',
      membership: matcher.has && {
        of: `claim ${path}`,
        value: matcher.has.value,
        members: (question) => membersOf(question.claim(nameFor(question))),
      },
      matches: (question) => matcher.matches(question.claim(nameFor(question))),
      compared: (question) => question.claim(nameFor(question)).values,
    })
  },
}
