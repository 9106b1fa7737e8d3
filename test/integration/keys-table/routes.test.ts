// Every option of a route: as it stands in a file and in the environment, and what it changes for an application that
// stands behind the running services.
import { benchForFile, runRouteTheme } from './run-routes.ts'
import { routeThemes } from './tables.ts'

const bench = benchForFile()

for (const theme of routeThemes) runRouteTheme(theme, bench)
