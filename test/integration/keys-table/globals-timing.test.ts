// The keys at the top of the file that say how long things may take.
import { describe } from 'node:test'
import { runGlobalTheme } from './run-globals.ts'
import { benchForFile } from './run-routes.ts'
import { slowGlobalThemes } from './tables.ts'

const bench = benchForFile()

describe('all at once, because they wait', { concurrency: true }, () => {
  for (const theme of slowGlobalThemes) runGlobalTheme(theme, bench)
})
