// Every key at the top of the file: as it stands there and in the environment, and what it changes for clients and for an
// application behind the running services.
import { runGlobalTheme } from './run-globals.ts'
import { benchForFile } from './run-routes.ts'
import { globalThemes } from './tables.ts'

const bench = benchForFile()

for (const theme of globalThemes) runGlobalTheme(theme, bench)
