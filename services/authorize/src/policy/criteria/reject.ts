import { ignoresOperand, requestCriterion, type CriterionKind } from './criterion-kind.ts'

/** Nobody. */
export const reject: CriterionKind = {
  name: 'reject',
  takesSubPath: false,
  parse: (entry) =>
    ignoresOperand(entry)
      ? requestCriterion(entry, {
          summary: 'nobody',
          ok: 'accept',
          refused: 'reject',
          matches: () => false,
          compared: () => undefined,
        })
      : undefined,
}
