/** What a route is called, for people. */
export interface RouteLabels {
  /** In logs and metrics, too. */
  readonly name: string | undefined
  readonly description?: string | undefined
  readonly logoUrl?: string | undefined
}
