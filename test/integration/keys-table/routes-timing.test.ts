// The options of a route that say how long things may take, and those that can only be seen while something takes long.
import { describe } from 'node:test'
import { timing } from './rows/timing.ts'
import { benchForFile, runRouteTheme } from './run-routes.ts'

const bench = benchForFile()

describe('all at once, because they wait', { concurrency: true }, () => runRouteTheme(timing, bench))
