import { mayHoldCredential } from './credential-names.ts'
import { redacted, redactText, secretParameters } from './redact.ts'

/**
 * A query (without its `?`) as it may stand in a log: names and order stay, values of parameters that carry codes, states
 * and tokens do not (security case LOG-02), however the name is written.
 */
export function redactQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=')
      const name = equals === -1 ? parameter : parameter.slice(0, equals)
      return equals !== -1 && isSecret(decoded(name).toLowerCase()) ? `${name}=${redacted}` : redactText(parameter)
    })
    .join('&')
}

function isSecret(name: string): boolean {
  return secretParameters.includes(name) || mayHoldCredential(name)
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name // not encoded as anybody would read it
  }
}
