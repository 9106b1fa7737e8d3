// The options of a route that say how long things may take, and those that can only be seen while something takes long.
import { describe } from 'node:test'
import { benchForFile, runRouteTheme } from './run-routes.ts'
import { slowRouteThemes } from './tables.ts'

const bench = benchForFile()

describe('all at once, because they wait', { concurrency: true }, () => {
  for (const theme of slowRouteThemes) runRouteTheme(theme, bench)
})
