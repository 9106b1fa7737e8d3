/**
 * `npm run gen`: TypeScript types for the contracts in `proto/`, the configuration reference and its JSON Schema. The output is
 * committed; `npm test` fails when it is stale.
 */
import { execFileSync } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { configurationSchemaText } from '@postern/shared/config/reference/json-schema.ts'
import { configurationReference } from '@postern/shared/config/reference/reference-page.ts'

const outDir = argv[2] ?? 'shared/src/gen'
const contracts = globSync('**/*.proto', { cwd: 'proto' }).toSorted()
execFileSync(
  'node_modules/.bin/proto-loader-gen-types',
  [
    '--grpcLib=@grpc/grpc-js',
    '--longs=Number',
    '--enums=String',
    '--defaults',
    '--oneofs',
    '--importFileExtension=.ts',
    '--inputTemplate=%s__Input',
    '--outputTemplate=%s',
    '--includeDirs=proto',
    '-O',
    outDir,
    ...contracts,
  ],
  { stdio: 'inherit' },
)

if (argv[2] === undefined) {
  writeFileSync('docs/configuration.md', configurationReference())
  writeFileSync('docs/postern.schema.json', configurationSchemaText())
}
