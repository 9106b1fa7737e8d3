// The keys of how the services find and believe each other: the three run apart, each by a file and an environment of its own.
import { describe } from 'node:test'
import { runApart } from './run-apart.ts'
import { benchForFile } from './run-routes.ts'
import { apartRows } from './tables.ts'

const bench = benchForFile()

// Some rows wait for a second or more; all at once would be a hundred services that start at once.
describe('services that run apart', { concurrency: 5 }, () => runApart(apartRows, bench))
