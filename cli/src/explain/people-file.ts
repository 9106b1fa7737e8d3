import type { ConfigIssue, ConfigPath } from '@postern/shared/config/config-issue.ts'
import { didYouMean } from '@postern/shared/config/read/closest.ts'
import { parseConfigDocument } from '@postern/shared/config/source/config-document.ts'
import type { MadeUpPerson } from './made-up-person.ts'

export type PeopleFile =
  | { readonly kind: 'ok'; readonly people: readonly MadeUpPerson[] }
  | { readonly kind: 'invalid'; readonly issues: readonly ConfigIssue[] }

const keys = ['email', 'user', 'name', 'groups', 'claims']

/** Reads a list of people: `- { email: ada@example.com, groups: [engineering], claims: { hd: example.com } }`. */
export function readPeopleFile(file: string, text: string): PeopleFile {
  const parsed = parseConfigDocument(file, text)
  if (parsed.kind === 'invalid') return parsed
  const { document } = parsed
  const { data } = document
  const issues: ConfigIssue[] = []
  const problem = (path: ConfigPath, message: string): void => {
    issues.push({ severity: 'error', path, message, ...document.locate(path, 'key') })
  }
  if (!Array.isArray(data) || data.length === 0) {
    problem([], 'expected a list of people, such as "- email: ada@example.com"')
    return { kind: 'invalid', issues }
  }
  const people = data.map((item: unknown, index) => readPerson(item, [index], problem))
  return issues.length > 0 ? { kind: 'invalid', issues } : { kind: 'ok', people }
}

type Problem = (path: ConfigPath, message: string) => void

function readPerson(item: unknown, path: ConfigPath, problem: Problem): MadeUpPerson {
  if (!isMapping(item) || Object.keys(item).length === 0) {
    problem(path, 'expected a person, such as "email: ada@example.com"')
    return { claims: {} }
  }
  for (const key of Object.keys(item)) {
    if (!keys.includes(key)) problem([...path, key], `unknown key "${key}"${didYouMean(key, keys)}`)
  }
  const text = (key: string): string | undefined => {
    const value = item[key]
    if (value !== undefined && typeof value !== 'string') problem([...path, key], 'expected a text; put it in quotes')
    return typeof value === 'string' ? value : undefined
  }
  const said = { email: text('email'), user: text('user'), name: text('name') }
  const { groups, claims = {} } = item
  if (groups !== undefined && !isTextList(groups)) problem([...path, 'groups'], 'expected a list of texts')
  if (!isMapping(claims)) problem([...path, 'claims'], 'expected claims, such as "hd: example.com"')
  return { ...said, claims: { ...(groups === undefined ? {} : { groups }), ...(isMapping(claims) ? claims : {}) } }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
