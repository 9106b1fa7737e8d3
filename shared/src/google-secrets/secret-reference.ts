/** `ref+gcpsecrets://PROJECT/SECRET[?version=V][#/key/…]`, as the vals tool writes it. */
export interface SecretReference {
  /** As it stands in the configuration; tells nothing about the value. */
  readonly text: string
  /** Id or number. */
  readonly project: string
  readonly secret: string
  readonly version: string
  /** Into a secret that holds YAML or JSON; empty: all of it. */
  readonly keys: readonly string[]
}

export const isReference = (text: string): boolean => /^ref\+[a-z0-9]+:\/\//i.test(text)

const shape = /^ref\+gcpsecrets:\/\/([^/?#]+)\/([^/?#]+)(?:\?([^#]*))?(?:#\/(.+))?$/

/** What is wrong with a reference, as a sentence. */
export class ReferenceSyntaxError extends Error {
  override readonly name = 'ReferenceSyntaxError'
}

/** @throws ReferenceSyntaxError */
export function parseSecretReference(text: string): SecretReference {
  if (!text.startsWith('ref+gcpsecrets://')) {
    throw new ReferenceSyntaxError(
      'only references to Google’s Secret Manager are read: ref+gcpsecrets://PROJECT/SECRET',
    )
  }
  const [, project = '', secret = '', query = '', fragment = ''] = shape.exec(text) ?? []
  const parameters = new URLSearchParams(query)
  const version = parameters.get('version') ?? 'latest'
  const isRight =
    /^[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?$/i.test(project) &&
    /^[\w-]+$/.test(secret) &&
    /^(?:latest|\d+|[a-z][\w-]*)$/i.test(version) &&
    [...parameters.keys()].every((name) => name === 'version')
  if (!isRight) {
    throw new ReferenceSyntaxError(
      'expected ref+gcpsecrets://PROJECT/SECRET, then ?version=NUMBER and #/key where needed',
    )
  }
  return { text, project, secret, version, keys: fragment === '' ? [] : fragment.split('/') }
}
