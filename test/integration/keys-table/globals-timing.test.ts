// The keys at the top of the file that say how long things may take.
import { describe } from 'node:test'
import { benchForFile } from './run-routes.ts'
import { runGlobalTheme } from './run-globals.ts'
import { requestTimes } from './rows/request-times.ts'

const bench = benchForFile()

describe('all at once, because they wait', { concurrency: true }, () => runGlobalTheme(requestTimes, bench))
