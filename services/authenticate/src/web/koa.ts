import type Koa from 'koa'

/** What every request carries besides itself. */
export interface RequestState {
  readonly requestId: string
  readonly now: Date
  /** Where a person can begin again, as soon as somebody knows: an address that was checked, for the error page. */
  startAgainUrl?: URL
}

export type Context = Koa.ParameterizedContext<RequestState>
export type Middleware = Koa.Middleware<RequestState>
