import type { HttpAnswer } from './http.ts'

/** What Google's front end answered in place of the service; `passed`: it did not, the service was reached. */
export type FrontEndVerdict = 'passed' | 'forbidden' | 'unauthorized' | 'no-service'

const titles: Readonly<Record<number, readonly [title: RegExp, verdict: FrontEndVerdict]>> = {
  401: [/<title>401 Unauthorized<\/title>/i, 'unauthorized'],
  403: [/<title>403 Forbidden<\/title>/i, 'forbidden'],
  404: [/<title>404 Page not found<\/title>/i, 'no-service'],
}

/** An application may answer 401, 403 and 404 too; Google's own pages have a title of their own. */
export function frontEndVerdict({ status, headers, body }: HttpAnswer): FrontEndVerdict {
  const [title, verdict] = titles[status] ?? []
  if (title === undefined || verdict === undefined) return 'passed'
  const isGoogles = /^google frontend$/i.test(String(headers['server'])) && title.test(body)
  return isGoogles ? verdict : 'passed'
}

/** Hosts at which Google's invoker check is known to stand. */
export function isServerlessHost(host: string): boolean {
  return host.endsWith('.run.app') || host.endsWith('.cloudfunctions.net')
}

export interface ServiceName {
  readonly service: string
  readonly region: string
  /** Where the two cannot be told from the address: how to find them. */
  readonly hint: string
}

/** The name and region for `gcloud run`. Only the deterministic form of an address tells them: `NAME-NUMBER.REGION.run.app`. */
export function serviceAt(url: URL): ServiceName {
  const [, service, region] = /^([a-z][a-z0-9-]*)-\d{6,}\.([a-z]+-[a-z]+\d+)\.run\.app$/.exec(url.hostname) ?? []
  if (service !== undefined && region !== undefined) return { service: service.replace(/^.*---/, ''), region, hint: '' }
  const hint = ` (SERVICE and REGION: gcloud run services list --filter='${url.hostname}')`
  return { service: 'SERVICE', region: 'REGION', hint }
}
