import { resolve } from 'node:path'
import type { ConfigIssue } from '../config/config-issue.ts'
import type { Environment } from '../config/source/environment.ts'
import { pickFromDocument } from '../config/source/pick-from-document.ts'
import type { AccessSecret, AccessedSecret } from './secret-access.ts'
import { ReferenceSyntaxError, isReference, parseSecretReference } from './secret-reference.ts'
import type { SecretReference } from './secret-reference.ts'

/** The environment with every reference replaced by what it leads to, and the files that `VALS_FILES` names. */
export interface ResolvedReferences {
  readonly env: Environment
  /** Absolute path to content. They are read as if they were there; nothing is written to a disk. */
  readonly files: ReadonlyMap<string, string>
  readonly issues: readonly ConfigIssue[]
}

/** Whether there is anything to resolve, so that whoever has no references needs no Google library. */
export function hasReferences(env: Environment): boolean {
  return (
    (env['VALS_FILES'] ?? '') !== '' || Object.values(env).some((value) => value !== undefined && isReference(value))
  )
}

/** Resolves all references at once. Every failure is an issue that names the variable and the reference, never a value. */
export async function resolveReferences(env: Environment, access: AccessSecret): Promise<ResolvedReferences> {
  const issues: ConfigIssue[] = []
  const fail = (variable: string, message: string): undefined => {
    const place = { file: `$${variable}`, line: 0, column: 0 }
    issues.push({ severity: 'error', path: [`$${variable}`], message, ...place })
    return undefined
  }
  const once = accessOnce(access)
  const resolveOne = async (variable: string, text: string): Promise<string | undefined> => {
    const reference = read(text)
    if (typeof reference === 'string') return fail(variable, `${text}: ${reference}`)
    const found = pick(await once(reference), reference)
    return found.kind === 'ok' ? found.text : fail(variable, `${text}: ${found.why}`)
  }
  const variables = Object.entries(env).map(async ([name, value]) => {
    if (value === undefined || name === 'VALS_FILES' || !isReference(value)) return [name, value] as const
    return [name, (await resolveOne(name, value))?.replace(/(?:\r?\n)+$/, '')] as const
  })
  const files = filesIn(env['VALS_FILES'] ?? '').map(async (item) => {
    if (item.kind === 'wrong') return fail('VALS_FILES', `${item.text}: expected /path:ref+gcpsecrets://PROJECT/SECRET`)
    const text = await resolveOne('VALS_FILES', item.reference)
    return text === undefined ? undefined : ([resolve(item.path), text] as const)
  })
  return {
    env: Object.fromEntries(await Promise.all(variables)),
    files: new Map((await Promise.all(files)).filter((file) => file !== undefined)),
    issues,
  }
}

function read(text: string): SecretReference | string {
  try {
    return parseSecretReference(text)
  } catch (error) {
    if (error instanceof ReferenceSyntaxError) return error.message
    throw error
  }
}

/** Several references into one secret are one request. */
function accessOnce(access: AccessSecret): AccessSecret {
  const asked = new Map<string, Promise<AccessedSecret>>()
  return (reference) => {
    const name = [reference.project, reference.secret, reference.version].join('/')
    const answer = asked.get(name) ?? access(reference)
    asked.set(name, answer)
    return answer
  }
}

function pick(found: AccessedSecret, { keys }: SecretReference): AccessedSecret {
  if (found.kind === 'failed' || keys.length === 0) return found
  const text = pickFromDocument(found.text, keys)
  return text === undefined
    ? { kind: 'failed', why: 'the secret is not YAML or JSON that has this key' }
    : { kind: 'ok', text }
}

type FileItem =
  | { readonly kind: 'file'; readonly path: string; readonly reference: string }
  | { readonly kind: 'wrong'; readonly text: string }

/** Comma separated; `path:reference` as vals implements it, or `reference:path` as it is often written. */
function filesIn(text: string): FileItem[] {
  const items = text.split(',').map((item) => item.trim())
  return items.filter((item) => item !== '').map(readItem)
}

function readItem(text: string): FileItem {
  const pathFirst = /^([^:]+):(ref\+.+)$/.exec(text)
  if (pathFirst !== null) return { kind: 'file', path: pathFirst[1] ?? '', reference: pathFirst[2] ?? '' }
  const referenceFirst = /^(ref\+[a-z0-9]+:\/\/.+):([^:]+)$/i.exec(text)
  if (referenceFirst !== null)
    return { kind: 'file', path: referenceFirst[2] ?? '', reference: referenceFirst[1] ?? '' }
  return { kind: 'wrong', text: isReference(text) ? text : (text.split(':')[0] ?? '') }
}
