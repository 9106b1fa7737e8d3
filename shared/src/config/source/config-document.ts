import { LineCounter, isMap, isNode, isPair, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, YAMLError } from 'yaml'
import type { ConfigIssue, ConfigPath, ConfigPlace } from '../config-issue.ts'
import type { EntryPart } from '../read/report.ts'
import { DocumentTooLarge, toPlainData } from './plain-data.ts'

/** A parsed YAML or JSON text that still knows where everything stands. */
export interface ConfigDocument {
  /** `undefined` for an empty text. */
  readonly data: unknown
  locate(path: ConfigPath, part?: EntryPart): ConfigPlace
}

export type ParsedDocument =
  | { readonly kind: 'ok'; readonly document: ConfigDocument }
  | { readonly kind: 'invalid'; readonly issues: readonly ConfigIssue[] }

/** More than any configuration needs: 10,000 routes are about 3 MB. */
const maxLength = 16 * 1024 * 1024

/** More than these follow from the first ones and only hide them. */
const maxSyntaxIssues = 5

/** Our own sentences, because the parser's may quote the text, and the text may be a secret. */
const sentences: Partial<Record<string, string>> = {
  BAD_ALIAS: 'this alias (*) is not legal here',
  BAD_DQ_ESCAPE:
    'this backslash escape is not legal in double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation is not right here, or a bracket is not closed',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping cannot stand here; a value that contains ": " needs quotes, or the next line is indented too far',
  BAD_SCALAR_START: 'a value cannot begin with this character; put it into quotes',
  BLOCK_IN_FLOW: 'a comma or a closing bracket is missing before this place',
  DUPLICATE_KEY: 'this key is given twice in the same mapping',
  MISSING_CHAR: 'a character is missing before this place (a quote, a comma, a colon or a bracket)',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is a ":" missing?',
  MULTIPLE_DOCS: 'a second document begins here (---); only one is read',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'this is nested too deeply',
  TAB_AS_INDENT: 'tabs cannot indent YAML; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!) are not read here; write a plain value',
  UNEXPECTED_TOKEN: 'this character is not expected here',
}

const misplacedKey = 'the indentation is not right here: this key must begin in the same column as the keys above it'

/** Parses strictly: one document, no duplicate keys, no tags, no control characters, bounded size and aliases. */
export function parseConfigDocument(file: string, text: string): ParsedDocument {
  const lines = new LineCounter()
  const issueAt = (offset: number, message: string): ConfigIssue => {
    const { line, col } = lines.linePos(offset)
    return { severity: 'error', path: [], message, file, line, column: col }
  }
  const invalid = (...issues: ConfigIssue[]): ParsedDocument => ({ kind: 'invalid', issues })
  if (text.length > maxLength) return invalid(issueAt(0, `larger than ${String(maxLength / 1024 / 1024)} MiB`))

  const stray = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/.exec(text)
  if (stray) {
    countLines(lines, text)
    return invalid(issueAt(stray.index, strayCharacter(stray[0])))
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  })
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0) return invalid(...syntaxIssues(problems, text, issueAt))
  try {
    const data = toPlainData(document)
    return { kind: 'ok', document: { data, locate: (path, part) => locateIn(document, lines, file, path, part) } }
  } catch (error) {
    if (error instanceof DocumentTooLarge) return invalid(issueAt(error.offset, error.message))
    throw error
  }
}

function syntaxIssues(
  problems: readonly YAMLError[],
  text: string,
  issueAt: (offset: number, message: string) => ConfigIssue,
) {
  const byLine = new Map<number, ConfigIssue>()
  for (const problem of problems) {
    const known = isMisplacedKey(problem, text) ? misplacedKey : sentences[problem.code]
    const issue = issueAt(problem.pos[0], known ?? `this is not valid YAML (${problem.code})`)
    if (!byLine.has(issue.line)) byLine.set(issue.line, issue)
  }
  return [...byLine.values()].slice(0, maxSyntaxIssues)
}

/** The parser misses a "-" where a whole line with a key in it stands a little too far to the left. */
function isMisplacedKey({ code, pos }: YAMLError, text: string): boolean {
  const startsLine = pos[0] === 0 || text[pos[0] - 1] === '\n'
  return code === 'MISSING_CHAR' && startsLine && /^ +[\w-]+:(?:\s|$)/.test(text.slice(pos[0], pos[0] + 200))
}

function strayCharacter(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()
  return character === '\ufeff'
    ? 'a byte order mark (U+FEFF) stands here; save the file as UTF-8 without it'
    : `a control character (U+${code}) stands here`
}

function countLines(lines: LineCounter, text: string): void {
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
}

/** The place of the entry, or of its nearest ancestor that is there. */
function locateIn(document: Document, lines: LineCounter, file: string, path: ConfigPath, part?: EntryPart) {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const child = childOf(node, step)
    if (child === undefined) break
    const wantsKey = part === 'key' && depth === path.length - 1
    offset = (wantsKey ? child.keyOffset : startOf(child.node)) ?? child.keyOffset ?? offset
    node = child.node
  }
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
}

function childOf(node: unknown, step: string | number): { node: unknown; keyOffset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item: unknown = node.items[Number(step)]
    return item === undefined ? undefined : { node: item, keyOffset: startOf(item) }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === step)
  return pair === undefined ? undefined : { node: pair.value, keyOffset: startOf(pair.key) }
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined
}
