import { readFileSync } from 'node:fs'
import type { ConfigInput } from './load-config.ts'
import { whyUnreadable } from './why-unreadable.ts'

export type OpenedConfig =
  { readonly kind: 'ok'; readonly input: ConfigInput } | { readonly kind: 'unreadable'; readonly message: string }

type More = Omit<ConfigInput, 'file' | 'readFile'> & Partial<Pick<ConfigInput, 'readFile'>>

/** Reads the configuration file, if one is named. Files that keys name are read when the configuration is loaded. */
export function openConfig(path: string | undefined, more: More): OpenedConfig {
  const { readFile = readTextFile, ...rest } = more
  if (path === undefined) return { kind: 'ok', input: { file: undefined, readFile, ...rest } }
  if (path.endsWith('.toml')) return { kind: 'unreadable', message: 'TOML is not read; write YAML or JSON' }
  try {
    return { kind: 'ok', input: { file: { path, text: readFile(path) }, readFile, ...rest } }
  } catch (error) {
    return { kind: 'unreadable', message: `the configuration file ${whyUnreadable(error)}` }
  }
}

/** Text that is not UTF-8 is refused rather than silently changed. */
export function readTextFile(path: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
}
