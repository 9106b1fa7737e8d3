import { membershipOf, parseStringMatcher, type StringRules } from '../matchers/string-matcher.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

const rules: StringRules = {
  checkWhole: (text) => (/[a-z]/.test(text) ? `methods are written in capitals: "${text.toUpperCase()}"` : undefined),
}

/** The request's method. */
export const httpMethod: CriterionKind = {
  name: 'http_method',
  takesSubPath: false,
  parse(entry) {
    const matcher = parseStringMatcher(entry, rules)
    if (matcher === undefined) return undefined
    return requestCriterion(entry, {
      summary: `method ${matcher.summary}`,
      ok: 'http-method-ok',
      refused: 'http-method-unauthorized',
      membership: membershipOf(matcher, 'method', ({ facts }) => facts.method),
      matches: ({ facts }) => matcher.matches(facts.method),
      compared: ({ facts }) => facts.method,
    })
  },
}
