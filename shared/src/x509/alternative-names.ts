export interface AlternativeName {
  /** As Node spells it: `DNS`, `email`, `URI`, `IP Address`, `othername`. */
  readonly type: string
  readonly value: string
}

/**
 * The alternative names of a certificate, from the one text that Node makes of them. It puts those in JSON quotes that
 * could be taken for several, such as a name that holds `, DNS:` (CVE-2021-44532).
 * @throws TypeError for names that cannot be told apart
 */
export function readAlternativeNames(text: string): readonly AlternativeName[] {
  const entry = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y
  const names: AlternativeName[] = []
  while (entry.lastIndex < text.length) {
    const match = entry.exec(text)
    if (match === null) throw new TypeError('The alternative names of the client certificate cannot be read.')
    const [, type = '', value = ''] = match
    names.push({ type, value: value.startsWith('"') ? String(JSON.parse(value)) : value })
  }
  return names
}
