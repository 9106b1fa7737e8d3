import type { ServiceName } from '@postern/shared/config/model.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import type { IssuerUnderTest } from '../../support/token-issuer.ts'
import type { Applications } from './applications.ts'
import type { RunningStack } from './running-stack.ts'

export interface Redises {
  readonly plain: RedisServer
  /** Its certificate is for the name cache.test. */
  readonly tlsUrl: string
  readonly caFile: string
  /** Somebody who takes connections and says nothing. */
  readonly silentUrl: string
}

/** What a value may name: applications, the identity provider, files, addresses. */
export interface Surroundings {
  readonly apps: Applications
  /** Two who sign JWTs, apart from the identity provider. */
  readonly issuers: readonly [IssuerUnderTest, IssuerUnderTest]
  readonly issuer: string
  /** Where a test brings some. */
  readonly redis?: Redises
  /** A port of loopback that nobody had when it was looked for. */
  readonly port: number
  /** Of this test file alone; `file` writes one there and gives its path. */
  readonly folder: string
  readonly file: (name: string, content: string) => string
}

export type Text = string | ((at: Surroundings) => string)

/** A key at the top of the file: how it is written, and what it changes for somebody who looks from outside. */
export interface GlobalRow {
  /** Keys of a group joined with a dot: `grpc_tls.ca_file`. */
  readonly key: string
  readonly title?: string
  /** As it stands in the file (YAML). */
  readonly file: Text
  /** As it stands in the environment; left out: the same. */
  readonly env?: Text
  /** Other keys that this one needs beside it, as they stand in the file; where the services run apart, `authorize/key` is that one’s alone. */
  readonly beside?: Readonly<Record<string, Text>>
  /** Looks at a running stack from outside, or from an application's place. */
  readonly observe: (stack: RunningStack) => unknown
  readonly given: unknown
  /** What the same look shows without the key; left out: nothing runs without it. */
  readonly leftOut?: unknown
  /** Where the services run apart: only this one gets it. */
  readonly only?: ServiceName
  /** Not in one stack with other rows. */
  readonly alone?: true
}

/** Options of a route, as they stand in the file. */
export type RouteOptions = Readonly<Record<string, unknown>>

export interface RouteRow {
  /** The keys whose effect this row shows. */
  readonly keys: readonly [string, ...string[]]
  readonly title?: string
  /** Over `from` (a host of its own), `to` (an echoing application) and public access, each of which it may replace; `undefined` takes one away. */
  readonly route: RouteOptions | ((at: Surroundings) => RouteOptions)
  readonly observe: (route: RouteUnderTest) => unknown
  readonly given: unknown
  /** What the same look shows at a route without these keys; left out: such a route is not legal. */
  readonly leftOut?: unknown
}

/** A route of a running stack, at its own host. */
export interface RouteUnderTest {
  readonly stack: RunningStack
  readonly host: string
}
