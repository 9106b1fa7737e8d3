import { readFileSync } from 'node:fs'
import type { ConfigInput } from './load-config.ts'

export type OpenedConfig =
  { readonly kind: 'ok'; readonly input: ConfigInput } | { readonly kind: 'unreadable'; readonly message: string }

/** Reads the configuration file, if one is named. Files that keys name are read when the configuration is loaded. */
export function openConfig(path: string | undefined, more: Omit<ConfigInput, 'file' | 'readFile'>): OpenedConfig {
  if (path === undefined) return { kind: 'ok', input: { file: undefined, readFile: readText, ...more } }
  if (path.endsWith('.toml')) return { kind: 'unreadable', message: `${path}: TOML is not read; write YAML or JSON` }
  try {
    return { kind: 'ok', input: { file: { path, text: readText(path) }, readFile: readText, ...more } }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'not UTF-8'
    return { kind: 'unreadable', message: `${path}: the configuration file cannot be read (${reason})` }
  }
}

/** Text that is not UTF-8 is refused rather than silently changed. */
function readText(path: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
}
