import { ignoresOperand, personCriterion, type CriterionKind } from './criterion-kind.ts'

/** Anybody who is signed in. */
export const authenticatedUser: CriterionKind = {
  name: 'authenticated_user',
  takesSubPath: false,
  parse: (entry) =>
    ignoresOperand(entry)
      ? personCriterion(entry, {
          summary: 'anybody who is signed in',
          ok: 'user-ok',
          refused: 'user-unauthorized',
          matches: ({ userId }) => userId !== '',
          compared: ({ userId }) => userId,
        })
      : undefined,
}
