import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isNavigation, negotiateFormat, type RequestHeaders } from './negotiate.ts'

const chromeAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'
const fetching = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

const formats: [who: string, headers: RequestHeaders, expected: string][] = [
  ['a browser', { accept: chromeAccept }, 'html'],
  ['a browser that says only that it navigates', { accept: '*/*', 'sec-fetch-mode': 'navigate' }, 'html'],
  ['a script in a page', { accept: '*/*', ...fetching }, 'json'],
  ['a script that asks for HTML', { accept: 'text/html', ...fetching }, 'html'],
  ['curl', { accept: '*/*', 'user-agent': 'curl/8' }, 'json'],
  ['a program without Accept', {}, 'json'],
  ['a program that wants JSON', { accept: 'application/json' }, 'json'],
  ['a program that wants JSON more', { accept: 'text/html;q=0.5, application/json' }, 'json'],
  ['a program that refuses HTML', { accept: 'text/html;q=0, */*' }, 'json'],
  ['a program that wants text', { accept: 'text/plain' }, 'text'],
  ['a program that wants what we do not have', { accept: 'image/png' }, 'json'],
  ['a program whose weights are nonsense', { accept: 'text/html;q=2, application/json;q=0.1' }, 'json'],
  ['a gRPC client', { 'content-type': 'application/grpc', accept: chromeAccept }, 'grpc'],
  ['a gRPC client with a codec', { 'content-type': 'application/grpc+proto' }, 'grpc'],
  ['a gRPC-web client', { 'content-type': 'application/grpc-web-text' }, 'grpc-web'],
  ['a gRPC-web client with a codec', { 'content-type': 'application/grpc-web+proto' }, 'grpc-web'],
  ['a gRPC-web client without a codec', { 'content-type': 'application/grpc-web' }, 'grpc-web'],
  ['a type that only begins like gRPC', { 'content-type': 'application/grpcish' }, 'json'],
  ['kubectl', { 'user-agent': 'kubectl/v1.32 (linux/amd64) kubernetes/abc', accept: 'application/json' }, 'kubernetes'],
]

describe('the format of an answer', () => {
  for (const [who, headers, expected] of formats) {
    it(`for ${who} is ${expected}`, () => assert.equal(negotiateFormat(headers), expected))
  }
})

const requests: [who: string, method: string, headers: RequestHeaders, expected: boolean][] = [
  ['a browser opening a page', 'GET', { accept: chromeAccept, 'sec-fetch-mode': 'navigate' }, true],
  ['an old browser opening a page', 'GET', { accept: chromeAccept }, true],
  ['a HEAD of a page', 'HEAD', { accept: chromeAccept }, true],
  ['no Accept at all', 'GET', {}, true],
  ['any type will do', 'GET', { accept: '*/*' }, true],
  ['a form', 'POST', { accept: chromeAccept, 'sec-fetch-mode': 'navigate' }, false],
  ['a script', 'GET', { accept: chromeAccept, ...fetching }, false],
  ['an image', 'GET', { accept: 'image/*,*/*;q=0.8', 'sec-fetch-mode': 'no-cors' }, false],
  ['an old script', 'GET', { accept: '*/*', 'x-requested-with': 'XMLHttpRequest' }, false],
  ['a program that wants JSON', 'GET', { accept: 'application/json, text/plain, */*' }, false],
  ['a program that wants what no sign-in page is', 'GET', { accept: 'application/grpc' }, false],
  ['gRPC', 'POST', { 'content-type': 'application/grpc' }, false],
  ['a WebSocket', 'GET', { upgrade: 'websocket' }, false],
]

describe('who is sent to sign in', () => {
  for (const [who, method, headers, expected] of requests) {
    it(`${who}: ${expected ? 'redirect' : '401'}`, () => assert.equal(isNavigation(method, headers), expected))
  }
})
