import { PosternError } from '../errors/postern-error.ts'
import type { LoadedConfig } from './load-config.ts'
import type { ServiceName } from './model.ts'

/** Those that there are. */
export type Slices = { readonly [Name in ServiceName]?: LoadedConfig[Name] | undefined }

/** A configuration of which only some slices are there; asking for another one throws `CONFIG_INVALID`. */
export function withSlices(common: Omit<LoadedConfig, ServiceName>, slices: Slices): LoadedConfig {
  const find = <Name extends ServiceName>(name: Name): LoadedConfig[Name] =>
    slices[name] ?? missing(name, common.services)
  return {
    ...common,
    get proxy() {
      return find('proxy')
    },
    get authorize() {
      return find('authorize')
    },
    get authenticate() {
      return find('authenticate')
    },
  }
}

/** The slices of a configuration that are there. */
export function slicesOf(config: LoadedConfig): Slices {
  return Object.fromEntries(config.services.map((name) => [name, config[name]]))
}

function missing(service: ServiceName, services: readonly ServiceName[]): never {
  throw new PosternError(
    'CONFIG_INVALID',
    `the configuration was loaded for ${services.join(', ')}, not for ${service}`,
  )
}
