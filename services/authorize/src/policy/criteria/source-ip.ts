import { isInNetwork, networkKey, networksOf, parseNetwork, type IpNetwork } from '../facts/ip-address.ts'
import { describe } from '../grammar/describe.ts'
import type { Entry } from '../grammar/entry.ts'
import type { Path } from '../policy.ts'
import { requestCriterion, type CriterionKind } from './criterion-kind.ts'

/** The client's address is in one of these networks. */
export const sourceIp: CriterionKind = {
  name: 'source_ip',
  takesSubPath: false,
  parse(entry) {
    const items: readonly unknown[] = Array.isArray(entry.operand) ? entry.operand : [entry.operand]
    if (items.length === 0) return entry.problem('expected an IP address or a CIDR block, but found an empty list')
    const parsed = items.map((item, index) => parse(entry, item, Array.isArray(entry.operand) ? [index] : []))
    const networks = parsed.filter((network) => network !== undefined)
    if (networks.length < parsed.length) return undefined
    const [only, ...others] = networks
    return requestCriterion(entry, {
      membership:
        only === undefined || others.length > 0
          ? undefined
          : { of: 'networks', value: networkKey(only), members: (question) => networksOf(question.address()) },
      summary: `client address in ${items.join(', ')}`,
      ok: 'source-ip-ok',
      refused: 'source-ip-unauthorized',
      matches(question) {
        const address = question.address()
        return networks.some((network) => isInNetwork(address, network))
      },
      compared: ({ facts }) => facts.clientAddress,
    })
  },
}

function parse(entry: Entry, item: unknown, at: Path): IpNetwork | undefined {
  if (typeof item !== 'string') {
    return entry.problem(`expected an IP address or a CIDR block, but found ${describe(item)}`, at)
  }
  const network = parseNetwork(item)
  return typeof network === 'string' ? entry.problem(`${JSON.stringify(item)} ${network}`, at) : network
}
