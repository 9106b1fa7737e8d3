import { membersOf } from '../question.ts'
import { parseListMatcher } from '../matchers/list-matcher.ts'
import { personCriterion, type CriterionKind } from './criterion-kind.ts'

/** The person's groups, from the claim that the configuration names. No groups is not any group. */
export const groups: CriterionKind = {
  name: 'groups',
  takesSubPath: false,
  parse(entry) {
    const matcher = parseListMatcher(entry)
    const name = entry.groupsClaim
    if (matcher === undefined) return undefined
    return personCriterion(entry, {
      summary: `groups ${matcher.summary}`,
      ok: 'groups-ok',
      refused: 'groups-unauthorized',
      membership: matcher.has && {
        of: `groups ${name}`,
        value: matcher.has.value,
        members: (question) => membersOf(question.claim(name)),
      },
      matches: (question) => matcher.matches(question.claim(name)),
      compared: (question) => question.claim(name).values,
    })
  },
}
