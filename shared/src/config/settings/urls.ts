import type { ConfigPath } from '../config-issue.ts'
import { isLoopbackHost } from '../listen-address.ts'
import { quote } from '../read/describe-found.ts'
import type { Report } from '../read/report.ts'

/** An absolute http(s) URL. Plain http only for this machine, where `mayBePlain` does not say otherwise. */
export function readUrl(text: string, path: ConfigPath, report: Report, mayBePlain = false): URL | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\//i.test(text)) {
    report.error(path, `found ${quote(text)}; expected an absolute URL such as https://host`)
    return undefined
  }
  if (url.username !== '' || url.password !== '')
    report.error(path, 'a user name or password does not belong into a URL')
  if (url.protocol === 'http:' && !mayBePlain && !isLoopbackHost(url.hostname)) {
    report.error(path, 'plain http is accepted for localhost only; write https')
  }
  return url
}
