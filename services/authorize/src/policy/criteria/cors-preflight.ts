import type { Question } from '../question.ts'
import { ignoresOperand, requestCriterion, type CriterionKind } from './criterion-kind.ts'

const headers = ['origin', 'access-control-request-method'] as const

const isPresent = ({ facts }: Question, name: string): boolean => (facts.headers.get(name)?.[0] ?? '') !== ''

/** A browser asking whether a page of another origin may send the real request. It carries no cookie. */
export const corsPreflight: CriterionKind = {
  name: 'cors_preflight',
  takesSubPath: false,
  parse: (entry) =>
    ignoresOperand(entry)
      ? requestCriterion(entry, {
          summary: 'a CORS preflight request',
          headers,
          ok: 'cors-request',
          refused: 'non-cors-request',
          matches: (question) =>
            question.facts.method === 'OPTIONS' && headers.every((name) => isPresent(question, name)),
          compared: ({ facts }) => ({
            method: facts.method,
            ...Object.fromEntries(headers.map((name) => [name, facts.headers.get(name)?.[0] ?? ''])),
          }),
        })
      : undefined,
}
