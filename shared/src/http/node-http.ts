import type * as http from 'node:http'
import { createRequire } from 'node:module'

/**
 * `node:http`, loaded without the 13 MiB that `import` of it costs: importing a module of Node reads every one of its
 * exports, and three of them (`WebSocket` and its events) then load the fetch client inside Node. Types come from `node:http`.
 */
export const { createServer, request, validateHeaderName, validateHeaderValue, ServerResponse, STATUS_CODES } =
  createRequire(import.meta.url)('node:http') as typeof http
