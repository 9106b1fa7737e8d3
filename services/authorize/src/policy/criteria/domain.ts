import { foldCase } from '../facts/email.ts'
import { membershipOf, parseStringMatcher, type StringRules } from '../matchers/string-matcher.ts'
import { personCriterion, type CriterionKind } from './criterion-kind.ts'

const rules: StringRules = {
  fold: foldCase,
  checkWhole: (text) => (text.includes('@') ? 'expected only what follows the @ of the e-mail address' : undefined),
}

/**
 * What follows the `@` of the person's e-mail address, whole and without regard to case: `example.com` is not
 * `sub.example.com`. A person without an address, or with an address that has several `@`, has the empty domain.
 */
export const domain: CriterionKind = {
  name: 'domain',
  takesSubPath: false,
  parse(entry) {
    const matcher = parseStringMatcher(entry, rules)
    if (matcher === undefined) return undefined
    return personCriterion(entry, {
      summary: `domain ${matcher.summary}`,
      ok: 'domain-ok',
      refused: 'domain-unauthorized',
      lookup: matcher.oneOf && { fact: 'domain', values: matcher.oneOf },
      membership: membershipOf(matcher, 'domain', ({ domain: name }) => name),
      matches: (question) => matcher.matches(question.domain),
      compared: (question) => question.domain,
    })
  },
}
