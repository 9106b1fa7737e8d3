// The keys of how the services find and believe each other: the three run apart, each by a file and an environment of its own.
import { describe } from 'node:test'
import { apartTls } from './rows/apart-tls.ts'
import { apart } from './rows/apart.ts'
import { runApart } from './run-apart.ts'
import { benchForFile } from './run-routes.ts'

const bench = benchForFile()

describe('services that run apart', { concurrency: true }, () => runApart([...apart, ...apartTls], bench))
