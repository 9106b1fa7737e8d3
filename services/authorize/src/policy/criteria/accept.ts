import { ignoresOperand, requestCriterion, type CriterionKind } from './criterion-kind.ts'

/** Everybody, signed in or not. */
export const accept: CriterionKind = {
  name: 'accept',
  takesSubPath: false,
  parse: (entry) =>
    ignoresOperand(entry)
      ? requestCriterion(entry, {
          summary: 'everybody',
          ok: 'accept',
          refused: 'reject',
          matches: () => true,
          compared: () => undefined,
        })
      : undefined,
}
