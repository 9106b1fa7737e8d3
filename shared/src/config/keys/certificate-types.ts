import { z } from 'zod'
import { jsonOr } from './types.ts'
import type { ValueType } from './value-type.ts'

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

const filePath = z.string().min(1)

/** Certificates with their keys, as paths of files. */
export const certificateFiles: ValueType<readonly CertificateFiles[]> = {
  name: 'list of cert and key',
  expected: 'a list of mappings with cert and key, both paths of files',
  schema: z.array(z.strictObject({ cert: filePath, key: filePath })).min(1),
  fromEnvironment: (value) => jsonOr(value, (same) => same),
}
