import { membershipOf, parseStringMatcher, type StringRules } from '../matchers/string-matcher.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

const check = (text: string): string | undefined => {
  if (!text.startsWith('/')) return `a path starts with a slash: "/${text}"`
  return /[?#]/.test(text) ? 'the path is compared without its query; leave out everything from the "?" on' : undefined
}

const rules: StringRules = { checkWhole: check, checkStart: check }

/** The request's path in its canonical form, without the query. Case matters. */
export const httpPath: CriterionKind = {
  name: 'http_path',
  takesSubPath: false,
  parse(entry) {
    const matcher = parseStringMatcher(entry, rules)
    if (matcher === undefined) return undefined
    return requestCriterion(entry, {
      summary: `path ${matcher.summary}`,
      ok: 'http-path-ok',
      refused: 'http-path-unauthorized',
      membership: membershipOf(matcher, 'path', ({ facts }) => facts.path),
      matches: ({ facts }) => matcher.matches(facts.path),
      compared: ({ facts }) => facts.path,
    })
  },
}
