/**
 * Reads JSON in which no two members of an object have one name, and nothing is nested deeper than `maxDepth`: what two
 * parsers could read differently is nobody's statement.
 * @throws SyntaxError
 */
export function parseStrictJson(text: string, maxDepth: number): unknown {
  const value: unknown = JSON.parse(text)
  const open: (Set<unknown> | undefined)[] = []
  for (const [token, name, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined)
      if (open.length > maxDepth) throw new SyntaxError('nested too deep')
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (name !== undefined && colon !== undefined) {
      const names = open.at(-1)
      const read: unknown = JSON.parse(name)
      if (names?.has(read)) throw new SyntaxError('two members have the same name')
      names?.add(read)
    }
  }
  return value
}
