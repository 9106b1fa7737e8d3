import { verdict } from '../verdict.ts'
import { ignoresOperand, requestCriterion, type CriterionKind } from './criterion-kind.ts'

const missing = verdict(true, 'client-certificate-required')

/** No client certificate came, or one that does not check out. Made for `deny`. */
export const invalidClientCertificate: CriterionKind = {
  name: 'invalid_client_certificate',
  takesSubPath: false,
  parse(entry) {
    if (!ignoresOperand(entry)) return undefined
    const criterion = requestCriterion(entry, {
      summary: 'no valid client certificate',
      ok: 'invalid-client-certificate',
      refused: 'valid-client-certificate',
      matches: ({ facts }) => facts.clientCertificate?.valid !== true,
      compared: ({ facts }) => ({
        presented: facts.clientCertificate?.presented ?? false,
        valid: facts.clientCertificate?.valid ?? false,
      }),
    })
    return {
      ...criterion,
      test: (question) => (question.facts.clientCertificate?.presented === true ? criterion.test(question) : missing),
    }
  },
}
