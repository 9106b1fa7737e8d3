import { foldCase } from '../facts/email.ts'
import { membershipOf, parseStringMatcher, type StringRules } from '../matchers/string-matcher.ts'
import { personCriterion, type CriterionKind } from './criterion-kind.ts'

const rules: StringRules = {
  fold: foldCase,
  checkWhole: (text) =>
    text.includes('@')
      ? undefined
      : 'expected an e-mail address with an @; for everybody of a domain there is "domain"',
}

/** The person's e-mail address, without regard to case. A person without one has the empty address. */
export const email: CriterionKind = {
  name: 'email',
  takesSubPath: false,
  parse(entry) {
    const matcher = parseStringMatcher(entry, rules)
    if (matcher === undefined) return undefined
    return personCriterion(entry, {
      summary: `email ${matcher.summary}`,
      ok: 'email-ok',
      refused: 'email-unauthorized',
      lookup: matcher.oneOf && { fact: 'email', values: matcher.oneOf },
      membership: membershipOf(matcher, 'email', ({ email: address }) => address),
      matches: (question) => matcher.matches(question.email),
      compared: (question) => question.email,
    })
  },
}
