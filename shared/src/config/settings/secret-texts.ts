import type { ConfigPath } from '../config-issue.ts'
import type { globalKeys } from '../keys/global-keys.ts'
import type { GlobalValues } from '../keys/global-keys.ts'
import type { Report } from '../read/report.ts'
import type { Assembly } from './assembly.ts'
import { readNamedFile } from './assembly.ts'

type SecretKey = {
  [Name in keyof typeof globalKeys]: (typeof globalKeys)[Name] extends { readonly secret?: true } ? Name : never
}[keyof typeof globalKeys]

export interface SecretText {
  /** `undefined`: not given, or given wrongly (which is reported already). */
  readonly text: string | undefined
  /** Where it is given, for messages: the key, or its `_file` twin. */
  readonly path: ConfigPath
  readonly given: boolean
  /** The file that holds it, where one does. */
  readonly file?: string
}

/** Finds a secret by its key: the value, or the trimmed content of the file that the `_file` twin names. */
export type SecretTexts = (key: SecretKey) => SecretText

export function secretTexts(
  data: Readonly<Record<string, unknown>>,
  values: GlobalValues,
  deps: Pick<Assembly, 'readFile' | 'report'>,
): SecretTexts {
  const found = new Map<SecretKey, SecretText>()
  return (key) => {
    const known = found.get(key) ?? findSecret(key, data, values, deps)
    found.set(key, known)
    return known
  }
}

function findSecret(
  key: SecretKey,
  data: Readonly<Record<string, unknown>>,
  values: GlobalValues,
  deps: Pick<Assembly, 'readFile' | 'report'>,
): SecretText {
  const twin = `${key}_file`
  const form = chooseForm(key, twin, data, deps.report)
  if (form === undefined) return { text: undefined, path: [key], given: false }
  if (form === key) return { text: values[key] as string | undefined, path: [key], given: true }
  const file = data[twin]
  if (typeof file !== 'string' || file === '') {
    deps.report.error([twin], 'expected the path of a file that holds the secret')
    return { text: undefined, path: [twin], given: true }
  }
  const content = readNamedFile(deps, file, [twin])?.trim()
  if (content === '') deps.report.error([twin], `the file ${file} is empty`)
  return { text: content === '' ? undefined : content, path: [twin], given: true, file }
}

/** The environment wins over the file, whichever form each uses; both forms in one place are a mistake. */
function chooseForm(
  key: string,
  twin: string,
  data: Readonly<Record<string, unknown>>,
  report: Report,
): string | undefined {
  const forms = [key, twin].filter((form) => Object.hasOwn(data, form))
  if (forms.length < 2) return forms[0]
  const fromEnvironment = forms.filter((form) => report.locate([form]).file.startsWith('$'))
  if (fromEnvironment.length === 1) return fromEnvironment[0]
  report.error([twin], `given beside ${key}; keep one of the two`, 'key')
  return key
}
